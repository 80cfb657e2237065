CREATE TABLE `recovery_link_secrets` (
	`project_id` text PRIMARY KEY NOT NULL,
	`secret_sealed` text NOT NULL,
	`version` integer NOT NULL,
	`created_at` integer NOT NULL
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `recovery_links` (
	`link_id` text PRIMARY KEY NOT NULL,
	`project_id` text NOT NULL,
	`mode` text NOT NULL,
	`subject_ref` text NOT NULL,
	`reason` text NOT NULL,
	`secret_version` integer NOT NULL,
	`created_at` integer NOT NULL,
	`expires_at` integer NOT NULL,
	`operator_id` text NOT NULL,
	`operator_name` text NOT NULL,
	`opened_at` integer,
	`opened_action` text,
	`missing_permission` text,
	`paid_at` integer,
	`checkout_round` integer DEFAULT 0 NOT NULL
) WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `recovery_links_by_subject` ON `recovery_links` (`project_id`,`mode`,`subject_ref`,`created_at`);--> statement-breakpoint
ALTER TABLE `recovery_requests` ADD `reason` text;--> statement-breakpoint
ALTER TABLE `recovery_requests` ADD `paid_at` integer;--> statement-breakpoint
CREATE TRIGGER `recovery_requests_are_counted` AFTER INSERT ON `recovery_requests` WHEN NEW.`reason` IS NOT NULL
BEGIN
  INSERT INTO `hourly_counts`
  VALUES (NEW.`project_id`, NEW.`mode`, 'recovery_offered', NEW.`created_at` - NEW.`created_at` % 3600000, NEW.`reason`, 1)
  ON CONFLICT DO UPDATE SET `value` = `value` + 1;
END;--> statement-breakpoint
CREATE TRIGGER `recovery_requests_paid_are_counted` AFTER UPDATE OF `paid_at` ON `recovery_requests` WHEN OLD.`paid_at` IS NULL AND NEW.`paid_at` IS NOT NULL
BEGIN
  INSERT INTO `hourly_counts`
  VALUES (NEW.`project_id`, NEW.`mode`, 'recovery_paid', NEW.`paid_at` - NEW.`paid_at` % 3600000, NEW.`reason`, 1)
  ON CONFLICT DO UPDATE SET `value` = `value` + 1;
END;--> statement-breakpoint
CREATE TRIGGER `recovery_links_are_counted` AFTER INSERT ON `recovery_links`
BEGIN
  INSERT INTO `hourly_counts`
  VALUES (NEW.`project_id`, NEW.`mode`, 'recovery_offered', NEW.`created_at` - NEW.`created_at` % 3600000, NEW.`reason`, 1)
  ON CONFLICT DO UPDATE SET `value` = `value` + 1;
END;--> statement-breakpoint
CREATE TRIGGER `recovery_links_opened_are_counted` AFTER UPDATE OF `opened_at` ON `recovery_links` WHEN OLD.`opened_at` IS NULL AND NEW.`opened_at` IS NOT NULL
BEGIN
  INSERT INTO `hourly_counts`
  VALUES (NEW.`project_id`, NEW.`mode`, 'recovery_opened', NEW.`opened_at` - NEW.`opened_at` % 3600000, NEW.`reason`, 1)
  ON CONFLICT DO UPDATE SET `value` = `value` + 1;
END;--> statement-breakpoint
CREATE TRIGGER `recovery_links_paid_are_counted` AFTER UPDATE OF `paid_at` ON `recovery_links` WHEN OLD.`paid_at` IS NULL AND NEW.`paid_at` IS NOT NULL
BEGIN
  INSERT INTO `hourly_counts`
  VALUES (NEW.`project_id`, NEW.`mode`, 'recovery_paid', NEW.`paid_at` - NEW.`paid_at` % 3600000, NEW.`reason`, 1)
  ON CONFLICT DO UPDATE SET `value` = `value` + 1;
END;
