import { index, integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";
import { modes } from "../../contract/enums.ts";
import { timestampMs } from "./columns.ts";

/** Checks per hour. Approximate: each isolate of the runtime counts in memory and writes every 10 s. */
export const checkCounts = sqliteTable(
  "check_counts",
  {
    projectId: text("project_id").notNull(),
    mode: text("mode", { enum: modes }).notNull(),
    /** The start of the hour. */
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
