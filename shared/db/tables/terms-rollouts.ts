import { sql } from "drizzle-orm";
import { index, integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";
import { modes } from "../../contract/enums.ts";
import { timestampMs } from "./columns.ts";

/**
 * Rollouts of a product's newest terms to its subscribers, one row per product, and of the newest settings of signals to
 * all customers, one row with an empty code per project and mode. A newer version begins the row again. Written by the
 * runtime.
 */
export const termsRollouts = sqliteTable(
  "terms_rollouts",
  {
    projectId: text("project_id").notNull(),
    mode: text("mode", { enum: modes }).notNull(),
    productCode: text("product_code").notNull(),
    /** The newest version of `product_terms`, or when the settings of signals were changed. */
    version: integer("version").notNull(),
    status: text("status", { enum: ["running", "finished"] }).notNull(),
    /** From 1. A later round visits every subscriber again: those who were missed or did not answer get the terms. */
    round: integer("round").notNull().default(1),
    /** The last customer of the round that was visited; empty before the first, and after the end. */
    cursor: text("cursor").notNull().default(""),
    /** The number of subscribers when the round began, raised if more turn up, and the number visited. */
    total: integer("total").notNull().default(0),
    done: integer("done").notNull().default(0),
    /** Of the visited ones, those without an answer. That of the former round until the first ones are visited. */
    unreached: integer("unreached").notNull().default(0),
    /** Until then a worker runs it, or the next round waits. A later worker may claim it. */
    leaseUntil: timestampMs("lease_until").notNull(),
    createdAt: timestampMs("created_at").notNull(),
    updatedAt: timestampMs("updated_at").notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.projectId, table.mode, table.productCode] }),
    index("terms_rollouts_due").on(table.leaseUntil).where(sql`status = 'running'`),
  ],
);
