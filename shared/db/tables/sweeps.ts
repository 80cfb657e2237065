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

/** How far a sweep that visits all rows in turn has come. */
export const sweepPositions = sqliteTable("sweep_positions", {
  sweep: text("sweep").primaryKey(),
  /** The key of the last row of the round; empty before the first and after the last. */
  position: text("position").notNull(),
  roundStartedAt: timestampMs("round_started_at").notNull(),
});
