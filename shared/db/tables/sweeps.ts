import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
import { timestampMs } from "./columns.ts";

/**
 * The sweeps that were slow or failed in their last run, for the overview. A run without trouble deletes its
 * row, so the table is empty most of the time. Written by the deliveries worker.
 */
export const sweepTroubles = sqliteTable("sweep_troubles", {
  sweep: text("sweep").primaryKey(),
  /** When the first of the runs in trouble, without one in between that was not, started. */
  since: timestampMs("since").notNull(),
  /** When the last run started, and how long it took. */
  startedAt: timestampMs("started_at").notNull(),
  durationMs: integer("duration_ms").notNull(),
  /** Why the last run failed; null when it was only slow. */
  error: text("error"),
});
