CREATE TABLE `sweep_troubles` (
	`sweep` text PRIMARY KEY NOT NULL,
	`since` integer NOT NULL,
	`started_at` integer NOT NULL,
	`duration_ms` integer NOT NULL,
	`error` text
);
--> statement-breakpoint
DROP INDEX `stripe_events_due`;--> statement-breakpoint
ALTER TABLE `stripe_events` ADD `epoch` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `stripe_events` ADD `waits_for_stripe` integer DEFAULT false NOT NULL;--> statement-breakpoint
CREATE INDEX `stripe_events_due` ON `stripe_events` (`waits_for_stripe`,`next_try_at`) WHERE status = 'received';--> statement-breakpoint
ALTER TABLE `accounts` ADD `plan_sync_tried_at` integer;--> statement-breakpoint
ALTER TABLE `api_keys` ADD `sync_tried_at` integer;--> statement-breakpoint
ALTER TABLE `erasures` ADD `tried_at` integer;--> statement-breakpoint
ALTER TABLE `subjects` ADD `flush_error` text;--> statement-breakpoint
ALTER TABLE `subjects` ADD `woken_at` integer;--> statement-breakpoint
CREATE INDEX `subjects_never_flushed` ON `subjects` (`created_at`) WHERE head_sequence = 0 AND woken_at IS NULL;--> statement-breakpoint
CREATE INDEX `subjects_not_flushing` ON `subjects` (`project_id`,`mode`) WHERE flush_error IS NOT NULL;--> statement-breakpoint
ALTER TABLE `endpoints` ADD `own_fault` text;--> statement-breakpoint
ALTER TABLE `endpoints` ADD `own_fault_since` integer;