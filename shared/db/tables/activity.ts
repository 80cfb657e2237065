import { sql } from "drizzle-orm";
import { index, integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";
import { modes } from "../../contract/enums.ts";
import { timestampMs } from "./columns.ts";

/**
 * What the overview counts by hour. `detail` is:
 * - `checks`: `allowed`, or the reason of a denial. Approximate: each isolate of the runtime counts in memory and writes
 *   every 10 s.
 * - `deliveries`: `delivered` or `failed`, in the hour of the event, by the state that the delivery has now.
 * - `credits`: empty. Units that customers spent.
 * - `paid`: a currency. What customers paid, less refunds and lost disputes, in its minor unit.
 * - `access`: empty. Customers that gained access, less those that lost it. Hour 0 has the number that has access.
 * - `recovery_offered`, `recovery_opened`, `recovery_paid`: the reason of the denial. Ways back that the app requested and
 *   links that operators made, links that customers opened, and those after which Stripe's news gave access.
 * - `shadow`: `agreed` or `disagreed`, as an app reported its own answers. Approximate, as checks are.
 */
export const hourlyMetrics = [
  "checks",
  "deliveries",
  "credits",
  "paid",
  "access",
  "recovery_offered",
  "recovery_opened",
  "recovery_paid",
  "shadow",
] as const;

/**
 * All but the checks and `shadow` are exact. Triggers (migrations) keep deliveries, payments, access and recoveries in step with
 * the rows of `deliveries`, `subjects`, `recovery_requests` and `recovery_links`, whatever changes those; the flush of a subject adds the units, each once.
 */
export const hourlyCounts = sqliteTable(
  "hourly_counts",
  {
    projectId: text("project_id").notNull(),
    mode: text("mode", { enum: modes }).notNull(),
    metric: text("metric", { enum: hourlyMetrics }).notNull(),
    /** The start of the hour in UTC. */
    hour: timestampMs("hour").notNull(),
    detail: text("detail").notNull(),
    value: integer("value").notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.projectId, table.mode, table.metric, table.hour, table.detail] }),
    index("hourly_counts_by_hour").on(table.hour).where(sql`hour > 0`),
  ],
);

/** The checks per hour of an earlier release, copied to `hourly_counts`. To be removed by a later release. */
export const checkCounts = sqliteTable(
  "check_counts",
  {
    projectId: text("project_id").notNull(),
    mode: text("mode", { enum: modes }).notNull(),
    hour: timestampMs("hour").notNull(),
    allowed: integer("allowed").notNull(),
    denied: integer("denied").notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.projectId, table.mode, table.hour] }),
    index("check_counts_by_hour").on(table.hour),
  ],
);

/** The size of the whole database, measured by a sweep. One row, `d1`. */
export const storageSizes = sqliteTable("storage_sizes", {
  name: text("name").primaryKey(),
  bytes: integer("bytes").notNull(),
  measuredAt: timestampMs("measured_at").notNull(),
});
