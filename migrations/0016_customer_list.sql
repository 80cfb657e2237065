ALTER TABLE `subjects` ADD `access` text DEFAULT 'denied' NOT NULL;--> statement-breakpoint
ALTER TABLE `subjects` ADD `attention` text;--> statement-breakpoint
ALTER TABLE `subjects` ADD `access_schedule` text;--> statement-breakpoint
ALTER TABLE `subjects` ADD `access_changes_at` integer;--> statement-breakpoint
ALTER TABLE `subjects` ADD `units_left` integer;--> statement-breakpoint
ALTER TABLE `subjects` ADD `paid` text;--> statement-breakpoint
ALTER TABLE `subjects` ADD `paid_amount` integer;--> statement-breakpoint
ALTER TABLE `subjects` ADD `ends_at` integer;--> statement-breakpoint
ALTER TABLE `subjects` ADD `renews` integer DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE `subjects` ADD `awaits_payment` integer DEFAULT false NOT NULL;--> statement-breakpoint
-- Values from the other copies, until the next flush or repair writes exact ones.
UPDATE `subjects` SET
  `access` = CASE WHEN EXISTS (SELECT 1 FROM `entitlements` AS `e`
    WHERE `e`.`project_id` = `subjects`.`project_id` AND `e`.`mode` = `subjects`.`mode`
    AND `e`.`subject_ref` = `subjects`.`subject_ref` AND `e`.`status` = 'active'
    AND coalesce(`e`.`units_remaining`, 1) > 0 AND coalesce(`e`.`starts_at`, 0) <= unixepoch() * 1000
    AND (`e`.`expires_at` IS NULL OR `e`.`expires_at` > unixepoch() * 1000)) THEN 'allowed' ELSE 'denied' END,
  `attention` = CASE WHEN EXISTS (SELECT 1 FROM `entitlements` AS `e`
    WHERE `e`.`project_id` = `subjects`.`project_id` AND `e`.`mode` = `subjects`.`mode`
    AND `e`.`subject_ref` = `subjects`.`subject_ref` AND `e`.`status` = 'past_due') THEN 'past_due' END,
  `units_left` = (SELECT sum(`e`.`units_remaining`) FROM `entitlements` AS `e`
    WHERE `e`.`project_id` = `subjects`.`project_id` AND `e`.`mode` = `subjects`.`mode`
    AND `e`.`subject_ref` = `subjects`.`subject_ref` AND `e`.`status` NOT IN ('canceled', 'expired')),
  `awaits_payment` = EXISTS (SELECT 1 FROM `checkout_attempts` AS `a`
    WHERE `a`.`project_id` = `subjects`.`project_id` AND `a`.`mode` = `subjects`.`mode`
    AND `a`.`subject_ref` = `subjects`.`subject_ref` AND `a`.`status` = 'processing');--> statement-breakpoint
CREATE INDEX `subjects_by_access` ON `subjects` (`project_id`,`mode`,`access`,`created_at`);--> statement-breakpoint
CREATE INDEX `subjects_by_units` ON `subjects` (`project_id`,`mode`,`access`,(CASE WHEN units_left IS NULL THEN -1 ELSE units_left END));--> statement-breakpoint
CREATE INDEX `subjects_by_paid` ON `subjects` (`project_id`,`mode`,`access`,(CASE WHEN paid_amount IS NULL THEN -1 ELSE paid_amount END));--> statement-breakpoint
CREATE INDEX `subjects_by_end` ON `subjects` (`project_id`,`mode`,`access`,(CASE WHEN ends_at IS NULL THEN 9007199254740991 ELSE ends_at END));--> statement-breakpoint
CREATE INDEX `subjects_by_access_and_name` ON `subjects` (`project_id`,`mode`,`access`,`subject_ref`);--> statement-breakpoint
CREATE INDEX `subjects_by_attention` ON `subjects` (`project_id`,`mode`,`attention`,`created_at`) WHERE attention IS NOT NULL;--> statement-breakpoint
CREATE INDEX `subjects_awaiting_payment` ON `subjects` (`project_id`,`mode`,`created_at`) WHERE awaits_payment = 1;--> statement-breakpoint
CREATE INDEX `subjects_by_access_change` ON `subjects` (`access_changes_at`) WHERE access_changes_at IS NOT NULL;--> statement-breakpoint
CREATE INDEX `entitlements_by_product` ON `entitlements` (`project_id`,`mode`,`product_code`,`subject_ref`);