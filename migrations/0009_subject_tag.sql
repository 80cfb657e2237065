ALTER TABLE `subjects` ADD `subject_tag` text;--> statement-breakpoint
CREATE INDEX `subjects_by_tag` ON `subjects` (`subject_tag`) WHERE subject_tag IS NOT NULL;