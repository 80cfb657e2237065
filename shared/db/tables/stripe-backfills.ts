import { sql } from "drizzle-orm";
import { index, integer, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";
import { modes } from "../../contract/enums.ts";
import { timestampMs } from "./columns.ts";

/**
 * Backfills after gaps that Stripe's event list does not cover: every customer with known Stripe objects is read from
 * Stripe. Written by the runtime.
 */
export const stripeBackfills = sqliteTable(
  "stripe_backfills",
  {
    jobId: text("job_id").primaryKey(),
    connectionId: text("connection_id").notNull(),
    projectId: text("project_id").notNull(),
    mode: text("mode", { enum: modes }).notNull(),
    status: text("status", { enum: ["running", "stopped", "finished"] }).notNull(),
    /** The gap: events between these times were neither received nor listed. */
    gapFrom: timestampMs("gap_from").notNull(),
    gapTo: timestampMs("gap_to").notNull(),
    /** The last customer that was read; empty before the first, and after the end. */
    cursor: text("cursor").notNull().default(""),
    /** The number of customers with Stripe objects when it began, raised if more turn up, and the number read. */
    total: integer("total").notNull(),
    done: integer("done").notNull().default(0),
    /** Among the read ones: customers that can't be read, because Stripe no longer has an object or it is unreadable. */
    skipped: integer("skipped").notNull().default(0),
    /** JSON: the first skipped customers (shared/db/stripe-backfills.ts). */
    findings: text("findings").notNull().default("[]"),
    /** Why the last page was not finished. It is read again. */
    error: text("error"),
    /** Until then a worker runs it. A later worker may claim it. */
    leaseUntil: timestampMs("lease_until").notNull(),
    createdAt: timestampMs("created_at").notNull(),
    updatedAt: timestampMs("updated_at").notNull(),
  },
  (table) => [
    index("stripe_backfills_by_project").on(table.projectId, table.mode),
    index("stripe_backfills_due").on(table.leaseUntil).where(sql`status = 'running'`),
    // A second gap begins the one that is open again.
    uniqueIndex("stripe_backfills_open").on(table.connectionId).where(sql`status <> 'finished'`),
  ],
);
