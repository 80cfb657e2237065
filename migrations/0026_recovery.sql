CREATE TABLE `recovery_requests` (
	`project_id` text NOT NULL,
	`mode` text NOT NULL,
	`subject_ref` text NOT NULL,
	`key_hash` text NOT NULL,
	`request_hash` text NOT NULL,
	`request_id` text NOT NULL,
	`created_at` integer NOT NULL,
	PRIMARY KEY(`project_id`, `mode`, `subject_ref`, `key_hash`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `recovery_requests_old` ON `recovery_requests` (`created_at`);--> statement-breakpoint
ALTER TABLE `products` ADD `sell_instead` text;--> statement-breakpoint
ALTER TABLE `products` ADD `promotion_codes` integer DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE `products` ADD `collects_tax` integer DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE `products` ADD `locale` text;--> statement-breakpoint
ALTER TABLE `products` ADD `trial_days` integer;