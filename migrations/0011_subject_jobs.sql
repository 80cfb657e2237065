CREATE TABLE `subject_jobs` (
	`job_id` text PRIMARY KEY NOT NULL,
	`project_id` text NOT NULL,
	`mode` text NOT NULL,
	`kind` text NOT NULL,
	`status` text NOT NULL,
	`cursor` text DEFAULT '' NOT NULL,
	`total` integer NOT NULL,
	`done` integer DEFAULT 0 NOT NULL,
	`faulty` integer DEFAULT 0 NOT NULL,
	`unreached` integer DEFAULT 0 NOT NULL,
	`entries` integer DEFAULT 0 NOT NULL,
	`unflushed` integer DEFAULT 0 NOT NULL,
	`findings` text DEFAULT '[]' NOT NULL,
	`actor_id` text NOT NULL,
	`actor_name` text NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `subject_jobs_by_project` ON `subject_jobs` (`project_id`,`mode`);--> statement-breakpoint
CREATE UNIQUE INDEX `subject_jobs_running` ON `subject_jobs` (`project_id`,`mode`) WHERE status = 'running';