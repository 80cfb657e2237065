ALTER TABLE `stripe_connections` ADD `swept_to` integer;--> statement-breakpoint
ALTER TABLE `stripe_connections` ADD `next_sweep_at` integer;--> statement-breakpoint
ALTER TABLE `stripe_connections` ADD `sweep_error` text;--> statement-breakpoint
ALTER TABLE `stripe_connections` ADD `reread_started_at` integer;--> statement-breakpoint
ALTER TABLE `stripe_connections` ADD `reread_after` text;--> statement-breakpoint
CREATE INDEX `stripe_connections_by_next_sweep` ON `stripe_connections` (`next_sweep_at`);--> statement-breakpoint
ALTER TABLE `stripe_events` ADD `found_by` text DEFAULT 'webhook' NOT NULL;--> statement-breakpoint
CREATE INDEX `stripe_events_healed` ON `stripe_events` (`connection_id`,`received_at`) WHERE found_by = 'sweep';--> statement-breakpoint
ALTER TABLE `subjects` ADD `next_review_at` integer;--> statement-breakpoint
CREATE INDEX `subjects_by_next_review` ON `subjects` (`next_review_at`) WHERE next_review_at IS NOT NULL;--> statement-breakpoint
CREATE INDEX `stripe_objects_by_subject` ON `stripe_objects` (`connection_id`,`subject_ref`);