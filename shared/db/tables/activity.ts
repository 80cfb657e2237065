import { index, integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";
import { modes } from "../../contract/words.ts";
import { moment } from "./columns.ts";

/** How many checks were answered in an hour. Approximate: counted in the runtime's memory, written every 10 s by each isolate. */
export const checkCounts = sqliteTable(
  "check_counts",
  {
    projectId: text("project_id").notNull(),
    mode: text("mode", { enum: modes }).notNull(),
    /** When the hour began. */
    hour: moment("hour").notNull(),
    allowed: integer("allowed").notNull(),
    denied: integer("denied").notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.projectId, table.mode, table.hour] }),
    index("check_counts_by_hour").on(table.hour),
  ],
);
