DROP INDEX `stripe_events_by_project`;--> statement-breakpoint
DROP INDEX `stripe_events_failed`;--> statement-breakpoint
DROP INDEX `stripe_events_by_subject`;--> statement-breakpoint
CREATE INDEX `stripe_events_by_age` ON `stripe_events` (`project_id`,`mode`,`received_at`,`event_id`);--> statement-breakpoint
CREATE INDEX `stripe_events_by_status` ON `stripe_events` (`project_id`,`mode`,`status`,`received_at`,`event_id`);--> statement-breakpoint
CREATE INDEX `stripe_events_by_type` ON `stripe_events` (`project_id`,`mode`,`type`,`received_at`,`event_id`);--> statement-breakpoint
CREATE INDEX `stripe_events_settled` ON `stripe_events` (`received_at`) WHERE status IN ('applied', 'ignored');--> statement-breakpoint
CREATE INDEX `stripe_events_by_subject` ON `stripe_events` (`project_id`,`mode`,`subject_ref`,`received_at`,`event_id`) WHERE subject_ref IS NOT NULL;--> statement-breakpoint
CREATE INDEX `api_keys_unsynced` ON `api_keys` (`project_id`,`mode`) WHERE synced_at IS NULL;--> statement-breakpoint
CREATE INDEX `checkout_attempts_finalized` ON `checkout_attempts` (`project_id`,`mode`) WHERE status = 'finalized';