CREATE TABLE `stripe_backfills` (
	`job_id` text PRIMARY KEY NOT NULL,
	`connection_id` text NOT NULL,
	`project_id` text NOT NULL,
	`mode` text NOT NULL,
	`status` text NOT NULL,
	`gap_from` integer NOT NULL,
	`gap_to` integer NOT NULL,
	`cursor` text DEFAULT '' NOT NULL,
	`total` integer NOT NULL,
	`done` integer DEFAULT 0 NOT NULL,
	`skipped` integer DEFAULT 0 NOT NULL,
	`findings` text DEFAULT '[]' NOT NULL,
	`error` text,
	`lease_until` integer NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `stripe_backfills_by_project` ON `stripe_backfills` (`project_id`,`mode`);--> statement-breakpoint
CREATE INDEX `stripe_backfills_due` ON `stripe_backfills` (`lease_until`) WHERE status = 'running';--> statement-breakpoint
CREATE UNIQUE INDEX `stripe_backfills_open` ON `stripe_backfills` (`connection_id`) WHERE status <> 'finished';--> statement-breakpoint
ALTER TABLE `projects` ADD `rate_limit` integer;--> statement-breakpoint
ALTER TABLE `projects` ADD `rate_limit_version` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `projects` ADD `rate_limit_synced_at` integer;--> statement-breakpoint
ALTER TABLE `projects` ADD `rate_limit_sync_tried_at` integer;--> statement-breakpoint
CREATE INDEX `projects_unsynced_rate_limit` ON `projects` (`rate_limit_sync_tried_at`) WHERE rate_limit_version > 0 AND rate_limit_synced_at IS NULL;