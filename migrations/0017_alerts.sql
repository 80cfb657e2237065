CREATE TABLE `alert_channels` (
	`channel_id` text PRIMARY KEY NOT NULL,
	`project_id` text NOT NULL,
	`mode` text NOT NULL,
	`kind` text NOT NULL,
	`address_sealed` text NOT NULL,
	`address_hint` text NOT NULL,
	`secret_sealed` text,
	`created_at` integer NOT NULL
) WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `alert_channels_by_project` ON `alert_channels` (`project_id`,`mode`);--> statement-breakpoint
CREATE TABLE `alert_evaluations` (
	`project_id` text NOT NULL,
	`mode` text NOT NULL,
	`evaluated_at` integer NOT NULL,
	PRIMARY KEY(`project_id`, `mode`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `alert_messages` (
	`message_id` text PRIMARY KEY NOT NULL,
	`channel_id` text NOT NULL,
	`project_id` text NOT NULL,
	`mode` text NOT NULL,
	`alert_id` text,
	`kind` text NOT NULL,
	`content` text NOT NULL,
	`state` text NOT NULL,
	`attempts` integer DEFAULT 0 NOT NULL,
	`next_attempt_at` integer,
	`lease_id` text,
	`last_status` integer,
	`last_error` text,
	`last_excerpt` text,
	`created_at` integer NOT NULL,
	`sent_at` integer
);
--> statement-breakpoint
CREATE INDEX `alert_messages_due` ON `alert_messages` (`next_attempt_at`) WHERE next_attempt_at IS NOT NULL;--> statement-breakpoint
CREATE INDEX `alert_messages_held` ON `alert_messages` (`project_id`,`mode`) WHERE state = 'held';--> statement-breakpoint
CREATE INDEX `alert_messages_old` ON `alert_messages` (`created_at`);--> statement-breakpoint
CREATE INDEX `alert_messages_by_project` ON `alert_messages` (`project_id`,`mode`,`created_at`);--> statement-breakpoint
CREATE INDEX `alert_messages_by_channel` ON `alert_messages` (`channel_id`,`created_at`);--> statement-breakpoint
CREATE INDEX `alert_messages_by_alert` ON `alert_messages` (`alert_id`) WHERE alert_id IS NOT NULL;--> statement-breakpoint
CREATE TABLE `alert_rules` (
	`project_id` text NOT NULL,
	`mode` text NOT NULL,
	`rule` text NOT NULL,
	`is_enabled` integer NOT NULL,
	`threshold` integer,
	`updated_at` integer NOT NULL,
	PRIMARY KEY(`project_id`, `mode`, `rule`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `alerts` (
	`alert_id` text PRIMARY KEY NOT NULL,
	`project_id` text NOT NULL,
	`mode` text NOT NULL,
	`rule` text NOT NULL,
	`object_id` text NOT NULL,
	`subject_ref` text,
	`cause` text NOT NULL,
	`count` integer NOT NULL,
	`urgency` integer NOT NULL,
	`happened_at` integer,
	`opened_at` integer NOT NULL,
	`last_seen_at` integer NOT NULL,
	`resolved_at` integer,
	`done_at` integer,
	`snoozed_until` integer,
	`assigned_to` text,
	`assigned_name` text,
	`version` integer DEFAULT 0 NOT NULL,
	`last_action` text,
	`last_actor_name` text
) WITHOUT ROWID;
--> statement-breakpoint
CREATE UNIQUE INDEX `alerts_open` ON `alerts` (`project_id`,`mode`,`rule`,`object_id`) WHERE resolved_at IS NULL;--> statement-breakpoint
CREATE INDEX `alerts_done` ON `alerts` (`project_id`,`mode`,`rule`,`object_id`) WHERE done_at IS NOT NULL;--> statement-breakpoint
CREATE INDEX `alerts_closed` ON `alerts` (`project_id`,`mode`,`resolved_at`) WHERE resolved_at IS NOT NULL;--> statement-breakpoint
CREATE INDEX `alerts_old` ON `alerts` (`resolved_at`) WHERE resolved_at IS NOT NULL;--> statement-breakpoint
CREATE INDEX `alerts_by_subject` ON `alerts` (`project_id`,`mode`,`subject_ref`) WHERE subject_ref IS NOT NULL;--> statement-breakpoint
ALTER TABLE `entitlements` ADD `alert_flags` text;--> statement-breakpoint
CREATE INDEX `entitlements_past_due` ON `entitlements` (`project_id`,`mode`,`updated_at`) WHERE status = 'past_due';--> statement-breakpoint
CREATE INDEX `entitlements_flagged` ON `entitlements` (`project_id`,`mode`,`updated_at`) WHERE alert_flags IS NOT NULL;--> statement-breakpoint
CREATE INDEX `deliveries_dead` ON `deliveries` (`endpoint_id`,`updated_at`) WHERE state = 'dead';