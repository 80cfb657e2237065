CREATE TABLE `audit_log` (
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
);
--> statement-breakpoint
CREATE INDEX `audit_log_by_account` ON `audit_log` (`account_id`,`audit_id`);--> statement-breakpoint
CREATE TABLE `invitations` (
	`invitation_id` text PRIMARY KEY NOT NULL,
	`account_id` text NOT NULL,
	`email` text NOT NULL,
	`role` text NOT NULL,
	`token_hash` text NOT NULL,
	`invited_by` text NOT NULL,
	`created_at` integer NOT NULL,
	`expires_at` integer NOT NULL,
	`accepted_at` integer,
	`revoked_at` integer
);
--> statement-breakpoint
CREATE UNIQUE INDEX `invitations_by_token` ON `invitations` (`token_hash`);--> statement-breakpoint
CREATE INDEX `invitations_by_account` ON `invitations` (`account_id`,`created_at`);--> statement-breakpoint
CREATE TABLE `members` (
	`operator_id` text PRIMARY KEY NOT NULL,
	`account_id` text NOT NULL,
	`role` text NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `members_by_account` ON `members` (`account_id`);--> statement-breakpoint
CREATE TABLE `setups` (
	`name` text PRIMARY KEY NOT NULL,
	`operator_id` text NOT NULL,
	`finished_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `operator_identities` (
	`identity_id` text PRIMARY KEY NOT NULL,
	`operator_id` text NOT NULL,
	`provider_account_id` text NOT NULL,
	`provider_id` text NOT NULL,
	`access_token` text,
	`refresh_token` text,
	`id_token` text,
	`access_token_expires_at` integer,
	`refresh_token_expires_at` integer,
	`scope` text,
	`password_hash` text,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `operator_identities_by_operator` ON `operator_identities` (`operator_id`);--> statement-breakpoint
CREATE TABLE `operator_sessions` (
	`session_id` text PRIMARY KEY NOT NULL,
	`operator_id` text NOT NULL,
	`token` text NOT NULL,
	`expires_at` integer NOT NULL,
	`ip_address` text,
	`user_agent` text,
	`proven_at` integer,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `operator_sessions_token_unique` ON `operator_sessions` (`token`);--> statement-breakpoint
CREATE INDEX `operator_sessions_by_operator` ON `operator_sessions` (`operator_id`);--> statement-breakpoint
CREATE TABLE `operators` (
	`operator_id` text PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`email` text NOT NULL,
	`email_verified` integer DEFAULT false NOT NULL,
	`image` text,
	`two_factor_enabled` integer DEFAULT false,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `operators_email_unique` ON `operators` (`email`);--> statement-breakpoint
CREATE TABLE `second_factors` (
	`second_factor_id` text PRIMARY KEY NOT NULL,
	`operator_id` text NOT NULL,
	`secret_sealed` text NOT NULL,
	`backup_codes_sealed` text NOT NULL,
	`verified` integer DEFAULT true,
	`failed_verification_count` integer DEFAULT 0,
	`locked_until` integer
);
--> statement-breakpoint
CREATE UNIQUE INDEX `second_factors_operator_id_unique` ON `second_factors` (`operator_id`);--> statement-breakpoint
CREATE TABLE `sign_in_throttles` (
	`name` text PRIMARY KEY NOT NULL,
	`failures` integer NOT NULL,
	`window_ends_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `sign_in_verifications` (
	`verification_id` text PRIMARY KEY NOT NULL,
	`identifier` text NOT NULL,
	`value` text NOT NULL,
	`expires_at` integer NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `sign_in_verifications_by_identifier` ON `sign_in_verifications` (`identifier`);--> statement-breakpoint
ALTER TABLE `stripe_connections` ADD `webhook_set_at` integer;--> statement-breakpoint
ALTER TABLE `stripe_connections` ADD `webhook_endpoint_id` text;--> statement-breakpoint
ALTER TABLE `stripe_connections` ADD `stripe_account_id` text;--> statement-breakpoint
ALTER TABLE `stripe_connections` ADD `api_key_hint` text;--> statement-breakpoint
CREATE INDEX `stripe_events_by_project` ON `stripe_events` (`project_id`,`mode`,`received_at`);--> statement-breakpoint
CREATE INDEX `stripe_events_failed` ON `stripe_events` (`project_id`,`mode`) WHERE status = 'failed';--> statement-breakpoint
CREATE INDEX `subjects_by_age` ON `subjects` (`project_id`,`mode`,`created_at`);