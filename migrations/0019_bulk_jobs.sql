CREATE TABLE `bulk_job_rows` (
	`job_id` text NOT NULL,
	`position` integer NOT NULL,
	`subject_ref` text,
	`state` text NOT NULL,
	`target` text,
	`fingerprint` text,
	`before` text,
	`after` text,
	`units` integer,
	`message` text,
	`sequence` integer,
	`tries` integer DEFAULT 0 NOT NULL,
	`is_rechecked` integer DEFAULT false NOT NULL,
	PRIMARY KEY(`job_id`, `position`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `bulk_job_rows_by_subject` ON `bulk_job_rows` (`subject_ref`) WHERE subject_ref IS NOT NULL;--> statement-breakpoint
CREATE TABLE `bulk_jobs` (
	`job_id` text PRIMARY KEY NOT NULL,
	`project_id` text NOT NULL,
	`mode` text NOT NULL,
	`action` text NOT NULL,
	`reason` text NOT NULL,
	`note` text NOT NULL,
	`undoes` text,
	`status` text NOT NULL,
	`stop_reason` text,
	`round` integer DEFAULT 0 NOT NULL,
	`lease_until` integer,
	`account_id` text NOT NULL,
	`operator_id` text NOT NULL,
	`operator_name` text NOT NULL,
	`operator_email` text NOT NULL,
	`ip_address` text,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL
) WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `bulk_jobs_by_project` ON `bulk_jobs` (`project_id`,`mode`);--> statement-breakpoint
CREATE INDEX `bulk_jobs_due` ON `bulk_jobs` (`lease_until`) WHERE status IN ('previewing', 'running');--> statement-breakpoint
CREATE INDEX `bulk_jobs_undoing` ON `bulk_jobs` (`undoes`) WHERE undoes IS NOT NULL;