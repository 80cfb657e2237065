CREATE TABLE `hourly_counts` (
	`project_id` text NOT NULL,
	`mode` text NOT NULL,
	`metric` text NOT NULL,
	`hour` integer NOT NULL,
	`detail` text NOT NULL,
	`value` integer NOT NULL,
	PRIMARY KEY(`project_id`, `mode`, `metric`, `hour`, `detail`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `hourly_counts_by_hour` ON `hourly_counts` (`hour`) WHERE hour > 0;--> statement-breakpoint
ALTER TABLE `subjects` ADD `units_spent` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
INSERT INTO `hourly_counts` SELECT `project_id`, `mode`, 'checks', `hour`, 'allowed', `allowed` FROM `check_counts` WHERE `allowed` > 0;--> statement-breakpoint
INSERT INTO `hourly_counts` SELECT `project_id`, `mode`, 'checks', `hour`, 'unknown', `denied` FROM `check_counts` WHERE `denied` > 0;--> statement-breakpoint
INSERT INTO `hourly_counts` SELECT `project_id`, `mode`, 'access', 0, '', count(*) FROM `subjects` WHERE `access` = 'allowed' GROUP BY `project_id`, `mode`;--> statement-breakpoint
INSERT INTO `hourly_counts` SELECT `project_id`, `mode`, 'deliveries', `created_at` - `created_at` % 3600000 AS `hour`,
  CASE `state` WHEN 'sent' THEN 'delivered' ELSE 'failed' END AS `detail`, count(*)
FROM `deliveries` WHERE `state` <> 'pending' GROUP BY `project_id`, `mode`, `hour`, `detail`;--> statement-breakpoint
CREATE TRIGGER `deliveries_are_counted` AFTER UPDATE OF `state` ON `deliveries` WHEN OLD.`state` <> NEW.`state`
BEGIN
  INSERT INTO `hourly_counts`
  SELECT NEW.`project_id`, NEW.`mode`, 'deliveries', NEW.`created_at` - NEW.`created_at` % 3600000, `detail`, `change`
  FROM (
    SELECT 'delivered' AS `detail`, (NEW.`state` = 'sent') - (OLD.`state` = 'sent') AS `change`
    UNION ALL
    SELECT 'failed', (NEW.`state` IN ('failed', 'dead')) - (OLD.`state` IN ('failed', 'dead')))
  WHERE `change` <> 0
  ON CONFLICT DO UPDATE SET `value` = `value` + excluded.`value`;
END;--> statement-breakpoint
CREATE TRIGGER `new_access_is_counted` AFTER INSERT ON `subjects` WHEN NEW.`access` = 'allowed'
BEGIN
  INSERT INTO `hourly_counts`
  SELECT NEW.`project_id`, NEW.`mode`, 'access', `hour`, '', 1
  FROM (SELECT 0 AS `hour` UNION ALL
    SELECT coalesce(NEW.`flushed_at`, NEW.`created_at`) - coalesce(NEW.`flushed_at`, NEW.`created_at`) % 3600000)
  WHERE true
  ON CONFLICT DO UPDATE SET `value` = `value` + excluded.`value`;
END;--> statement-breakpoint
CREATE TRIGGER `access_is_counted` AFTER UPDATE OF `access` ON `subjects` WHEN OLD.`access` <> NEW.`access`
BEGIN
  INSERT INTO `hourly_counts`
  SELECT NEW.`project_id`, NEW.`mode`, 'access', `at` - `at` % 3600000, '', CASE NEW.`access` WHEN 'allowed' THEN 1 ELSE -1 END
  FROM (SELECT 0 AS `at` UNION ALL
    SELECT coalesce(CASE WHEN NEW.`flushed_at` IS OLD.`flushed_at` THEN OLD.`access_changes_at` END,
      NEW.`flushed_at`, NEW.`created_at`))
  WHERE true
  ON CONFLICT DO UPDATE SET `value` = `value` + excluded.`value`;
END;--> statement-breakpoint
CREATE TRIGGER `payments_are_counted` AFTER UPDATE OF `paid` ON `subjects` WHEN OLD.`paid` IS NOT NEW.`paid`
BEGIN
  INSERT INTO `hourly_counts`
  SELECT NEW.`project_id`, NEW.`mode`, 'paid', NEW.`flushed_at` - NEW.`flushed_at` % 3600000, `currency`, sum(`amount`)
  FROM (
    SELECT `value` ->> 'currency' AS `currency`, `value` ->> 'amount' AS `amount` FROM json_each(NEW.`paid`)
    UNION ALL
    SELECT `value` ->> 'currency', -(`value` ->> 'amount') FROM json_each(OLD.`paid`))
  GROUP BY `currency` HAVING sum(`amount`) <> 0
  ON CONFLICT DO UPDATE SET `value` = `hourly_counts`.`value` + excluded.`value`;
END;
