ALTER TABLE `access_audits` ADD `import_phase` text;--> statement-breakpoint
ALTER TABLE `access_audits` ADD `import_cursor` text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE `access_audits` ADD `import_page` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `access_audits` ADD `importing` text;--> statement-breakpoint
ALTER TABLE `access_audits` ADD `import_done` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `access_audits` ADD `import_failed` integer DEFAULT 0 NOT NULL;