CREATE TABLE `storage_sizes` (
	`name` text PRIMARY KEY NOT NULL,
	`bytes` integer NOT NULL,
	`measured_at` integer NOT NULL
);
--> statement-breakpoint
ALTER TABLE `accounts` ADD `plan_version` integer DEFAULT 1 NOT NULL;--> statement-breakpoint
ALTER TABLE `api_keys` ADD `version` integer DEFAULT 1 NOT NULL;--> statement-breakpoint
ALTER TABLE `subjects` ADD `storage_bytes` integer;--> statement-breakpoint
CREATE INDEX `subjects_large` ON `subjects` (`storage_bytes`) WHERE storage_bytes >= 1000000000;--> statement-breakpoint
CREATE INDEX `checkout_attempts_unfinished` ON `checkout_attempts` (`attempt_id`) WHERE status IN ('created', 'failed');