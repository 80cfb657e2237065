CREATE TABLE `deliveries` (
	`delivery_id` text PRIMARY KEY NOT NULL,
	`event_id` text NOT NULL,
	`endpoint_id` text NOT NULL,
	`project_id` text NOT NULL,
	`mode` text NOT NULL,
	`subject_ref` text,
	`event_type` text NOT NULL,
	`state` text NOT NULL,
	`epoch` integer DEFAULT 0 NOT NULL,
	`attempts` integer DEFAULT 0 NOT NULL,
	`attempts_in_run` integer DEFAULT 0 NOT NULL,
	`next_attempt_at` integer,
	`next_kind` text DEFAULT 'scheduled' NOT NULL,
	`lease_until` integer,
	`lease_id` text,
	`last_status` integer,
	`last_error` text,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL
) WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `deliveries_due` ON `deliveries` (`endpoint_id`,`next_attempt_at`) WHERE next_attempt_at IS NOT NULL;--> statement-breakpoint
CREATE INDEX `deliveries_under_way` ON `deliveries` (`endpoint_id`) WHERE lease_until IS NOT NULL;--> statement-breakpoint
CREATE INDEX `deliveries_by_project` ON `deliveries` (`project_id`,`mode`);--> statement-breakpoint
CREATE INDEX `deliveries_by_subject` ON `deliveries` (`project_id`,`mode`,`subject_ref`) WHERE subject_ref IS NOT NULL;--> statement-breakpoint
CREATE INDEX `deliveries_in_trouble` ON `deliveries` (`project_id`,`mode`) WHERE state IN ('failed', 'dead');--> statement-breakpoint
CREATE TABLE `delivery_attempts` (
	`delivery_id` text NOT NULL,
	`number` integer NOT NULL,
	`kind` text NOT NULL,
	`started_at` integer NOT NULL,
	`duration_ms` integer,
	`http_status` integer,
	`error` text,
	`excerpt` text,
	PRIMARY KEY(`delivery_id`, `number`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `delivery_jobs` (
	`job_id` text PRIMARY KEY NOT NULL,
	`project_id` text NOT NULL,
	`mode` text NOT NULL,
	`kind` text NOT NULL,
	`selection` text NOT NULL,
	`status` text NOT NULL,
	`phase` text NOT NULL,
	`cursor` text NOT NULL,
	`total` integer NOT NULL,
	`done` integer DEFAULT 0 NOT NULL,
	`actor_id` text NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL
) WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `delivery_jobs_by_project` ON `delivery_jobs` (`project_id`,`mode`);--> statement-breakpoint
CREATE INDEX `delivery_jobs_running` ON `delivery_jobs` (`job_id`) WHERE status = 'running';--> statement-breakpoint
CREATE TABLE `endpoints` (
	`endpoint_id` text PRIMARY KEY NOT NULL,
	`project_id` text NOT NULL,
	`mode` text NOT NULL,
	`url` text NOT NULL,
	`description` text NOT NULL,
	`event_types` text NOT NULL,
	`is_enabled` integer DEFAULT true NOT NULL,
	`disabled_at` integer,
	`disable_reason` text,
	`signing_secrets` text NOT NULL,
	`consecutive_failures` integer DEFAULT 0 NOT NULL,
	`failing_since` integer,
	`paused_until` integer,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	`deleted_at` integer
) WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `endpoints_by_project` ON `endpoints` (`project_id`,`mode`);--> statement-breakpoint
CREATE TABLE `events` (
	`event_id` text PRIMARY KEY NOT NULL,
	`project_id` text NOT NULL,
	`mode` text NOT NULL,
	`subject_ref` text,
	`sequence` integer,
	`type` text NOT NULL,
	`occurred_at` integer NOT NULL,
	`body` text NOT NULL,
	`created_at` integer NOT NULL
) WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `events_by_project` ON `events` (`project_id`,`mode`);