CREATE TABLE `access_audit_findings` (
	`audit_id` text NOT NULL,
	`finding_id` text NOT NULL,
	`class` text NOT NULL,
	`subject_ref` text,
	`stripe_id` text,
	`customer_id` text,
	`diagnosis` text NOT NULL,
	`action` text NOT NULL,
	`target` text,
	`import_state` text,
	`import_message` text,
	`found_at` integer NOT NULL,
	PRIMARY KEY(`audit_id`, `finding_id`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `access_audit_findings_by_subject` ON `access_audit_findings` (`subject_ref`) WHERE subject_ref IS NOT NULL;--> statement-breakpoint
CREATE TABLE `access_audit_seen` (
	`audit_id` text NOT NULL,
	`seen_id` text NOT NULL,
	`class` text NOT NULL,
	PRIMARY KEY(`audit_id`, `seen_id`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `access_audit_settings` (
	`project_id` text NOT NULL,
	`mode` text NOT NULL,
	`source` text NOT NULL,
	`metadata_key` text,
	`daily_hour` integer,
	`updated_at` integer NOT NULL,
	PRIMARY KEY(`project_id`, `mode`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `access_audits` (
	`audit_id` text PRIMARY KEY NOT NULL,
	`project_id` text NOT NULL,
	`mode` text NOT NULL,
	`status` text NOT NULL,
	`is_standing` integer DEFAULT false NOT NULL,
	`phase` text DEFAULT 'subscriptions' NOT NULL,
	`cursor` text DEFAULT '' NOT NULL,
	`page` integer DEFAULT 0 NOT NULL,
	`counts` text NOT NULL,
	`subscriptions` integer DEFAULT 0 NOT NULL,
	`sessions` integer DEFAULT 0 NOT NULL,
	`charges` integer DEFAULT 0 NOT NULL,
	`subjects` integer DEFAULT 0 NOT NULL,
	`unread` integer DEFAULT 0 NOT NULL,
	`stripe_calls` integer DEFAULT 0 NOT NULL,
	`work_ms` integer DEFAULT 0 NOT NULL,
	`expected` integer DEFAULT 0 NOT NULL,
	`failures` integer DEFAULT 0 NOT NULL,
	`last_error` text,
	`is_released` integer DEFAULT false NOT NULL,
	`lease_until` integer,
	`account_id` text,
	`operator_id` text,
	`operator_name` text,
	`operator_email` text,
	`ip_address` text,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	`import_started_at` integer,
	`finished_at` integer
) WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `access_audits_by_project` ON `access_audits` (`project_id`,`mode`,`created_at`);--> statement-breakpoint
CREATE INDEX `access_audits_finished` ON `access_audits` (`project_id`,`mode`,`finished_at`) WHERE finished_at IS NOT NULL;--> statement-breakpoint
CREATE INDEX `access_audits_due` ON `access_audits` (`lease_until`) WHERE status IN ('running', 'importing');--> statement-breakpoint
CREATE UNIQUE INDEX `access_audits_at_work` ON `access_audits` (`project_id`,`mode`) WHERE status IN ('running', 'importing');--> statement-breakpoint
CREATE TABLE `customer_mappings` (
	`project_id` text NOT NULL,
	`mode` text NOT NULL,
	`customer_id` text NOT NULL,
	`subject_ref` text NOT NULL,
	PRIMARY KEY(`project_id`, `mode`, `customer_id`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `customer_mappings_by_subject` ON `customer_mappings` (`project_id`,`mode`,`subject_ref`);