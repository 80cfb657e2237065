CREATE TABLE `erasures` (
	`erasure_id` text PRIMARY KEY NOT NULL,
	`project_id` text NOT NULL,
	`mode` text NOT NULL,
	`subject_hash` text NOT NULL,
	`subject_ref` text,
	`state` text NOT NULL,
	`progress` text,
	`asked_at` integer NOT NULL,
	`done_at` integer,
	`operator_id` text NOT NULL,
	`operator_name` text NOT NULL
) WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `erasures_by_subject` ON `erasures` (`subject_hash`,`asked_at`);--> statement-breakpoint
CREATE UNIQUE INDEX `erasures_running` ON `erasures` (`subject_hash`) WHERE state = 'running';--> statement-breakpoint
CREATE TABLE `notes` (
	`note_id` text PRIMARY KEY NOT NULL,
	`project_id` text NOT NULL,
	`mode` text NOT NULL,
	`subject_ref` text NOT NULL,
	`text` text NOT NULL,
	`operator_id` text NOT NULL,
	`operator_name` text NOT NULL,
	`created_at` integer NOT NULL,
	`deleted_at` integer,
	`deleted_by` text
) WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `notes_by_subject` ON `notes` (`project_id`,`mode`,`subject_ref`,`created_at`);