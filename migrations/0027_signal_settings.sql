ALTER TABLE `products` ADD `low_balance` integer;--> statement-breakpoint
ALTER TABLE `products` ADD `low_balance_in` text;--> statement-breakpoint
ALTER TABLE `products` ADD `expiring_days` integer;--> statement-breakpoint
ALTER TABLE `projects` ADD `low_balance` integer;--> statement-breakpoint
ALTER TABLE `projects` ADD `low_balance_in` text;--> statement-breakpoint
ALTER TABLE `projects` ADD `expiring_days` integer;--> statement-breakpoint
ALTER TABLE `projects` ADD `signals_version` integer DEFAULT 0 NOT NULL;