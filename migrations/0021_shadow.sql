CREATE TABLE `shadow_disagreements` (
	`project_id` text NOT NULL,
	`mode` text NOT NULL,
	`subject_ref` text NOT NULL,
	`app_allowed` integer NOT NULL,
	`reason` text,
	`at` integer NOT NULL,
	PRIMARY KEY(`project_id`, `mode`, `subject_ref`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `shadow_disagreements_by_age` ON `shadow_disagreements` (`project_id`,`mode`,`at`,`subject_ref`);--> statement-breakpoint
CREATE INDEX `shadow_disagreements_old` ON `shadow_disagreements` (`at`);