import { sql } from "drizzle-orm";
import { index, integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";
import { entitlementSources, entitlementStatuses, kinds, modes, regions } from "../../contract/words.ts";
import { moment } from "./columns.ts";

/** The queryable copy of what the subject objects hold. Written by the runtime's outbox only. */

export const subjects = sqliteTable(
  "subjects",
  {
    projectId: text("project_id").notNull(),
    mode: text("mode", { enum: modes }).notNull(),
    subjectRef: text("subject_ref").notNull(),
    /** The tag in its decision ids and log lines, by which the subject is found from one. Null in rows of before there were tags. */
    subjectTag: text("subject_tag"),
    region: text("region", { enum: regions }).notNull(),
    /** The customer at Stripe that checkouts of this subject use again; null when unknown or deleted there. */
    stripeCustomerId: text("stripe_customer_id"),
    /** The anchor: how far the ledger reached at the last flush, and the hash of its head. Tells of a cut tail. */
    headSequence: integer("head_sequence").notNull(),
    headHash: text("head_hash").notNull(),
    /** When the next entitlement runs out: a sweep wakes objects whose own alarm did not come. */
    nextExpiryAt: moment("next_expiry_at"),
    /** When a subscription whose period ended without news is to be read again from Stripe. */
    nextReviewAt: moment("next_review_at"),
    flushedAt: moment("flushed_at"),
    createdAt: moment("created_at").notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.projectId, table.mode, table.subjectRef] }),
    index("subjects_by_tag").on(table.subjectTag).where(sql`subject_tag IS NOT NULL`),
    index("subjects_by_age").on(table.projectId, table.mode, table.createdAt),
    index("subjects_by_next_expiry").on(table.nextExpiryAt).where(sql`next_expiry_at IS NOT NULL`),
    index("subjects_by_next_review").on(table.nextReviewAt).where(sql`next_review_at IS NOT NULL`),
  ],
);

export const entitlements = sqliteTable(
  "entitlements",
  {
    entitlementId: text("entitlement_id").primaryKey(),
    projectId: text("project_id").notNull(),
    mode: text("mode", { enum: modes }).notNull(),
    subjectRef: text("subject_ref").notNull(),
    kind: text("kind", { enum: kinds }).notNull(),
    productCode: text("product_code").notNull(),
    source: text("source", { enum: entitlementSources }).notNull(),
    status: text("status", { enum: entitlementStatuses }).notNull(),
    unitsGranted: integer("units_granted"),
    unitsRemaining: integer("units_remaining"),
    startsAt: moment("starts_at"),
    expiresAt: moment("expires_at"),
    currentPeriodEnd: moment("current_period_end"),
    canceledAt: moment("canceled_at"),
    createdAt: moment("created_at").notNull(),
    updatedAt: moment("updated_at").notNull(),
    /** The ledger sequence that this copy shows. A copy is only ever replaced by a later one. */
    version: integer("version").notNull(),
  },
  (table) => [index("entitlements_by_subject").on(table.projectId, table.mode, table.subjectRef)],
);
