CREATE TABLE `audit_outbox` (
	`audit_id` text PRIMARY KEY NOT NULL,
	`account_id` text NOT NULL,
	`project_id` text,
	`mode` text,
	`at` integer NOT NULL,
	`operator_id` text NOT NULL,
	`operator_name` text NOT NULL,
	`operator_email` text NOT NULL,
	`action` text NOT NULL,
	`target` text NOT NULL,
	`before` text,
	`after` text,
	`ip_address` text
) WITHOUT ROWID;
