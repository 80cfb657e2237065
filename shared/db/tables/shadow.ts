import { index, integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";
import { denialReasons, modes } from "../../contract/enums.ts";
import { timestampMs } from "./columns.ts";

/** The most customers with a disagreement that are kept per project and mode. Further ones are counted only. */
export const maxShadowRows = 10_000;

/**
 * The latest disagreement of each customer between an app's own answer and Licenzy's. Written by the runtime in the
 * background.
 */
export const shadowDisagreements = sqliteTable(
  "shadow_disagreements",
  {
    projectId: text("project_id").notNull(),
    mode: text("mode", { enum: modes }).notNull(),
    subjectRef: text("subject_ref").notNull(),
    /** What the app answered. Licenzy answered the opposite. */
    appAllowed: integer("app_allowed", { mode: "boolean" }).notNull(),
    /** Why Licenzy denied access; null when it allowed access. */
    reason: text("reason", { enum: denialReasons }),
    at: timestampMs("at").notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.projectId, table.mode, table.subjectRef] }),
    index("shadow_disagreements_by_age").on(table.projectId, table.mode, table.at, table.subjectRef),
    index("shadow_disagreements_old").on(table.at),
  ],
);
