CREATE TABLE `sign_in_resets` (
	`operator_id` text PRIMARY KEY NOT NULL,
	`token_hash` text NOT NULL,
	`created_by` text NOT NULL,
	`created_at` integer NOT NULL,
	`expires_at` integer NOT NULL,
	`ends_second_factor` integer NOT NULL
) WITHOUT ROWID;
--> statement-breakpoint
CREATE UNIQUE INDEX `sign_in_resets_by_token` ON `sign_in_resets` (`token_hash`);--> statement-breakpoint
ALTER TABLE `second_factors` ADD `last_time_step` integer;--> statement-breakpoint
CREATE INDEX `operator_sessions_by_expiry` ON `operator_sessions` (`expires_at`);--> statement-breakpoint
CREATE INDEX `sign_in_throttles_by_end` ON `sign_in_throttles` (`window_ends_at`);--> statement-breakpoint
CREATE INDEX `sign_in_verifications_by_expiry` ON `sign_in_verifications` (`expires_at`);--> statement-breakpoint
CREATE TRIGGER `audit_log_keeps_rows` BEFORE DELETE ON `audit_log`
BEGIN SELECT RAISE(ABORT, 'audit_log is append-only: rows are never deleted'); END;--> statement-breakpoint
CREATE TRIGGER `audit_log_keeps_columns` BEFORE UPDATE OF `audit_id`, `account_id`, `project_id`, `mode`, `at`, `operator_id`, `operator_name`, `operator_email`, `action`, `ip_address` ON `audit_log`
BEGIN SELECT RAISE(ABORT, 'audit_log is append-only: this column never changes'); END;--> statement-breakpoint
CREATE TRIGGER `audit_log_only_empties_values` BEFORE UPDATE OF `target`, `before`, `after` ON `audit_log`
WHEN NEW.`before` IS NOT NULL OR NEW.`after` IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'audit_log is append-only: only an erasure empties the values'); END;
