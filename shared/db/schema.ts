/** All D1 tables, for drizzle-kit. */
export * from "./tables/access-audits.ts";
export * from "./tables/activity.ts";
export * from "./tables/alerts.ts";
export * from "./tables/bulk-jobs.ts";
export * from "./tables/configuration.ts";
export * from "./tables/people.ts";
export * from "./tables/records.ts";
export * from "./tables/recovery.ts";
export * from "./tables/shadow.ts";
export * from "./tables/sign-in.ts";
export * from "./tables/stripe.ts";
export * from "./tables/stripe-backfills.ts";
export * from "./tables/subject-jobs.ts";
export * from "./tables/subjects.ts";
export * from "./tables/sweeps.ts";
export * from "./tables/terms-rollouts.ts";
export * from "./tables/webhooks.ts";
