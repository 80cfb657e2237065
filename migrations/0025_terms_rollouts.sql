CREATE TABLE `terms_rollouts` (
	`project_id` text NOT NULL,
	`mode` text NOT NULL,
	`product_code` text NOT NULL,
	`version` integer NOT NULL,
	`status` text NOT NULL,
	`round` integer DEFAULT 1 NOT NULL,
	`cursor` text DEFAULT '' NOT NULL,
	`total` integer DEFAULT 0 NOT NULL,
	`done` integer DEFAULT 0 NOT NULL,
	`unreached` integer DEFAULT 0 NOT NULL,
	`lease_until` integer NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	PRIMARY KEY(`project_id`, `mode`, `product_code`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `terms_rollouts_due` ON `terms_rollouts` (`lease_until`) WHERE status = 'running';
