import { sql } from "drizzle-orm";
import { index, integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";
import {
  entitlementKinds,
  entitlementSources,
  entitlementStatuses,
  modes,
  regions,
} from "../../contract/enums.ts";
import { timestampMs } from "./columns.ts";

/** The D1 copy of the subject objects' state, for queries. Written by the runtime. */

export const subjects = sqliteTable(
  "subjects",
  {
    projectId: text("project_id").notNull(),
    mode: text("mode", { enum: modes }).notNull(),
    subjectRef: text("subject_ref").notNull(),
    /**
     * The tag in decision ids and log lines, to find the subject from them. Null in rows written before tags
     * existed.
     */
    subjectTag: text("subject_tag"),
    region: text("region", { enum: regions }).notNull(),
    /** The Stripe customer that checkouts of this subject reuse; null when unknown or deleted at Stripe. */
    stripeCustomerId: text("stripe_customer_id"),
    /** The anchor: sequence and hash of the ledger head at the last flush. Reveals a truncated ledger. */
    headSequence: integer("head_sequence").notNull(),
    headHash: text("head_hash").notNull(),
    /** When the next entitlement expires. A sweep wakes objects that missed their own alarm. */
    nextExpiryAt: timestampMs("next_expiry_at"),
    /** When to read a subscription again from Stripe, if its period ended without an event. */
    nextReviewAt: timestampMs("next_review_at"),
    flushedAt: timestampMs("flushed_at"),
    /** The size of the object's storage at the last flush. An object holds at most 10 GB. */
    storageBytes: integer("storage_bytes"),
    /** Why the object's flushes fail again and again; null since the last one that succeeded. */
    flushError: text("flush_error"),
    /** When a sweep last woke the object. The least recently woken one is next. */
    wokenAt: timestampMs("woken_at"),
    createdAt: timestampMs("created_at").notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.projectId, table.mode, table.subjectRef] }),
    index("subjects_by_tag").on(table.subjectTag).where(sql`subject_tag IS NOT NULL`),
    index("subjects_by_age").on(table.projectId, table.mode, table.createdAt),
    // For the sweep that wakes objects without a first flush, and for the overview.
    index("subjects_never_flushed").on(table.createdAt).where(sql`head_sequence = 0 AND woken_at IS NULL`),
    index("subjects_not_flushing").on(table.projectId, table.mode).where(sql`flush_error IS NOT NULL`),
    index("subjects_by_next_expiry").on(table.nextExpiryAt).where(sql`next_expiry_at IS NOT NULL`),
    index("subjects_by_next_review").on(table.nextReviewAt).where(sql`next_review_at IS NOT NULL`),
    // The few that are worth watching: from 1 GB.
    index("subjects_large").on(table.storageBytes).where(sql`storage_bytes >= 1000000000`),
  ],
);

export const entitlements = sqliteTable(
  "entitlements",
  {
    entitlementId: text("entitlement_id").primaryKey(),
    projectId: text("project_id").notNull(),
    mode: text("mode", { enum: modes }).notNull(),
    subjectRef: text("subject_ref").notNull(),
    kind: text("kind", { enum: entitlementKinds }).notNull(),
    productCode: text("product_code").notNull(),
    source: text("source", { enum: entitlementSources }).notNull(),
    status: text("status", { enum: entitlementStatuses }).notNull(),
    unitsGranted: integer("units_granted"),
    unitsRemaining: integer("units_remaining"),
    startsAt: timestampMs("starts_at"),
    expiresAt: timestampMs("expires_at"),
    currentPeriodEnd: timestampMs("current_period_end"),
    canceledAt: timestampMs("canceled_at"),
    createdAt: timestampMs("created_at").notNull(),
    updatedAt: timestampMs("updated_at").notNull(),
    /** The ledger sequence that this row reflects. A row is only replaced by a later one. */
    version: integer("version").notNull(),
    /** JSON array of the flags that alerts report (shared/contract/enums.ts); null when there are none. */
    alertFlags: text("alert_flags"),
  },
  (table) => [
    index("entitlements_by_subject").on(table.projectId, table.mode, table.subjectRef),
    // For alerts: the few rows of a project that need an operator.
    index("entitlements_past_due")
      .on(table.projectId, table.mode, table.updatedAt)
      .where(sql`status = 'past_due'`),
    index("entitlements_flagged")
      .on(table.projectId, table.mode, table.updatedAt)
      .where(sql`alert_flags IS NOT NULL`),
  ],
);
