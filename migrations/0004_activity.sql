CREATE TABLE `check_counts` (
	`project_id` text NOT NULL,
	`mode` text NOT NULL,
	`hour` integer NOT NULL,
	`allowed` integer NOT NULL,
	`denied` integer NOT NULL,
	PRIMARY KEY(`project_id`, `mode`, `hour`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `check_counts_by_hour` ON `check_counts` (`hour`);--> statement-breakpoint
ALTER TABLE `api_keys` ADD `last_used_at` integer;