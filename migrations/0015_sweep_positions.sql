CREATE TABLE `sweep_positions` (
	`sweep` text PRIMARY KEY NOT NULL,
	`position` text NOT NULL,
	`round_started_at` integer NOT NULL
) WITHOUT ROWID;
