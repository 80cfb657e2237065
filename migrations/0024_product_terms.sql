CREATE TABLE `product_terms` (
	`project_id` text NOT NULL,
	`mode` text NOT NULL,
	`product_code` text NOT NULL,
	`version` integer NOT NULL,
	`from_at` integer NOT NULL,
	`units` integer NOT NULL,
	`every` text NOT NULL,
	`rollover_windows` integer NOT NULL,
	`rollover_max` integer,
	`in_trial` integer,
	`created_at` integer NOT NULL,
	PRIMARY KEY(`project_id`, `mode`, `product_code`, `version`)
) WITHOUT ROWID;
