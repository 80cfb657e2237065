CREATE TABLE `accounts` (
	`account_id` text PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`plan_status` text NOT NULL,
	`plan_synced_at` integer,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `api_keys` (
	`key_id` text PRIMARY KEY NOT NULL,
	`project_id` text NOT NULL,
	`mode` text NOT NULL,
	`name` text NOT NULL,
	`key_hash` text NOT NULL,
	`hint` text NOT NULL,
	`created_at` integer NOT NULL,
	`expires_at` integer,
	`revoked_at` integer,
	`synced_at` integer
) WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `api_keys_by_project` ON `api_keys` (`project_id`,`mode`);--> statement-breakpoint
CREATE TABLE `product_prices` (
	`project_id` text NOT NULL,
	`mode` text NOT NULL,
	`stripe_price_id` text NOT NULL,
	`product_code` text NOT NULL,
	`created_at` integer NOT NULL,
	PRIMARY KEY(`project_id`, `mode`, `stripe_price_id`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `products` (
	`project_id` text NOT NULL,
	`mode` text NOT NULL,
	`product_code` text NOT NULL,
	`name` text NOT NULL,
	`kind` text NOT NULL,
	`stripe_price_id` text NOT NULL,
	`units` integer,
	`duration_days` integer,
	`expires_after_days` integer,
	`archived_at` integer,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	PRIMARY KEY(`project_id`, `mode`, `product_code`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `projects` (
	`project_id` text PRIMARY KEY NOT NULL,
	`account_id` text NOT NULL,
	`name` text NOT NULL,
	`region` text NOT NULL,
	`success_url` text,
	`cancel_url` text,
	`grace_days` integer DEFAULT 0 NOT NULL,
	`archived_at` integer,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL
) WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `projects_by_account` ON `projects` (`account_id`);--> statement-breakpoint
CREATE TABLE `stripe_connections` (
	`connection_id` text PRIMARY KEY NOT NULL,
	`project_id` text NOT NULL,
	`mode` text NOT NULL,
	`api_key_sealed` text NOT NULL,
	`webhook_secret_sealed` text NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL
) WITHOUT ROWID;
--> statement-breakpoint
CREATE UNIQUE INDEX `stripe_connections_one_per_mode` ON `stripe_connections` (`project_id`,`mode`);--> statement-breakpoint
CREATE TABLE `checkout_attempts` (
	`attempt_id` text PRIMARY KEY NOT NULL,
	`project_id` text NOT NULL,
	`mode` text NOT NULL,
	`subject_ref` text NOT NULL,
	`product_code` text NOT NULL,
	`connection_id` text NOT NULL,
	`idempotency_key_hash` text NOT NULL,
	`request_hash` text NOT NULL,
	`frozen` text NOT NULL,
	`status` text NOT NULL,
	`try_number` integer DEFAULT 1 NOT NULL,
	`lease_until` integer,
	`lease_id` text,
	`stripe_session_id` text,
	`checkout_url` text,
	`expires_at` integer,
	`amount_total` integer,
	`currency` text,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL
) WITHOUT ROWID;
--> statement-breakpoint
CREATE UNIQUE INDEX `checkout_attempts_idempotency` ON `checkout_attempts` (`project_id`,`mode`,`subject_ref`,`idempotency_key_hash`);--> statement-breakpoint
CREATE TABLE `stripe_events` (
	`connection_id` text NOT NULL,
	`event_id` text NOT NULL,
	`project_id` text NOT NULL,
	`mode` text NOT NULL,
	`type` text NOT NULL,
	`stripe_created_at` integer NOT NULL,
	`payload` text NOT NULL,
	`status` text NOT NULL,
	`detail` text,
	`subject_ref` text,
	`tries` integer DEFAULT 0 NOT NULL,
	`next_try_at` integer,
	`received_at` integer NOT NULL,
	`settled_at` integer,
	PRIMARY KEY(`connection_id`, `event_id`)
);
--> statement-breakpoint
CREATE INDEX `stripe_events_due` ON `stripe_events` (`next_try_at`) WHERE status = 'received';--> statement-breakpoint
CREATE TABLE `stripe_objects` (
	`connection_id` text NOT NULL,
	`stripe_id` text NOT NULL,
	`subject_ref` text NOT NULL,
	`attempt_id` text,
	`created_at` integer NOT NULL,
	PRIMARY KEY(`connection_id`, `stripe_id`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `entitlements` (
	`entitlement_id` text PRIMARY KEY NOT NULL,
	`project_id` text NOT NULL,
	`mode` text NOT NULL,
	`subject_ref` text NOT NULL,
	`kind` text NOT NULL,
	`product_code` text NOT NULL,
	`source` text NOT NULL,
	`status` text NOT NULL,
	`units_granted` integer,
	`units_remaining` integer,
	`starts_at` integer,
	`expires_at` integer,
	`current_period_end` integer,
	`canceled_at` integer,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	`version` integer NOT NULL
) WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `entitlements_by_subject` ON `entitlements` (`project_id`,`mode`,`subject_ref`);--> statement-breakpoint
CREATE TABLE `subjects` (
	`project_id` text NOT NULL,
	`mode` text NOT NULL,
	`subject_ref` text NOT NULL,
	`region` text NOT NULL,
	`stripe_customer_id` text,
	`head_sequence` integer NOT NULL,
	`head_hash` text NOT NULL,
	`next_expiry_at` integer,
	`flushed_at` integer,
	`created_at` integer NOT NULL,
	PRIMARY KEY(`project_id`, `mode`, `subject_ref`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `subjects_by_next_expiry` ON `subjects` (`next_expiry_at`) WHERE next_expiry_at IS NOT NULL;