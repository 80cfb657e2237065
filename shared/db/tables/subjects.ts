import { sql } from "drizzle-orm";
import { index, integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";
import {
  entitlementKinds,
  entitlementSources,
  entitlementStatuses,
  modes,
  regions,
} from "../../contract/enums.ts";
import { type AccessSegment, attentions, type CustomerSummary } from "../../domain/customer-summary.ts";
import { timestampMs } from "./columns.ts";

/** The D1 copy of the subject objects' state, for queries. Written by the runtime. */

/** The order of the list's numbers, with a place for customers without one: no units, no payment, no end. */
// Without commas: drizzle-kit splits an expression at them.
export const unitsOrder = sql`(CASE WHEN units_left IS NULL THEN -1 ELSE units_left END)`;
export const paidOrder = sql`(CASE WHEN paid_amount IS NULL THEN -1 ELSE paid_amount END)`;
export const endOrder = sql`(CASE WHEN ends_at IS NULL THEN 9007199254740991 ELSE ends_at END)`;

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
    /**
     * Access at the last flush, or since the clock changed it (`access_changes_at`). At most a minute late: a sweep moves
     * it along `access_schedule`.
     */
    access: text("access", { enum: ["allowed", "denied"] })
      .notNull()
      .default("denied"),
    attention: text("attention", { enum: attentions }),
    /** JSON: access from the last flush on, as the clock alone changes it. Null before the first flush. */
    accessSchedule: text("access_schedule", { mode: "json" }).$type<AccessSegment[]>(),
    /** When the next segment of `access_schedule` begins. */
    accessChangesAt: timestampMs("access_changes_at"),
    unitsLeft: integer("units_left"),
    /** Units ever spent, up to the last flush. The flush counts the difference to it by hour (`hourly_counts`). */
    unitsSpent: integer("units_spent").notNull().default(0),
    /** JSON: paid in total without refunds, by currency, the largest first. */
    paid: text("paid", { mode: "json" }).$type<CustomerSummary["paid"]>(),
    /** The first amount of `paid`, to sort by. Currencies are not converted. */
    paidAmount: integer("paid_amount"),
    /** When the next period, pass or pack ends, or the last one ended. */
    endsAt: timestampMs("ends_at"),
    /** Whether a subscription renews at `ends_at`. */
    renews: integer("renews", { mode: "boolean" }).notNull().default(false),
    /** Whether a checkout's payment is on its way, such as a bank debit. Follows `checkout_attempts`. */
    awaitsPayment: integer("awaits_payment", { mode: "boolean" }).notNull().default(false),
  },
  (table) => [
    primaryKey({ columns: [table.projectId, table.mode, table.subjectRef] }),
    index("subjects_by_tag").on(table.subjectTag).where(sql`subject_tag IS NOT NULL`),
    index("subjects_by_age").on(table.projectId, table.mode, table.createdAt),
    // For the list of customers: each sort with and without access. The list of all merges the two halves of an index.
    // The key's columns follow in each index, so customers with equal values are in order of subject_ref.
    index("subjects_by_access").on(table.projectId, table.mode, table.access, table.createdAt),
    index("subjects_by_units").on(table.projectId, table.mode, table.access, unitsOrder),
    index("subjects_by_paid").on(table.projectId, table.mode, table.access, paidOrder),
    index("subjects_by_end").on(table.projectId, table.mode, table.access, endOrder),
    index("subjects_by_access_and_name").on(table.projectId, table.mode, table.access, table.subjectRef),
    // For the lists of few.
    index("subjects_by_attention")
      .on(table.projectId, table.mode, table.attention, table.createdAt)
      .where(sql`attention IS NOT NULL`),
    index("subjects_awaiting_payment")
      .on(table.projectId, table.mode, table.createdAt)
      .where(sql`awaits_payment = 1`),
    index("subjects_by_access_change").on(table.accessChangesAt).where(sql`access_changes_at IS NOT NULL`),
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
    // For the list of a product's customers.
    index("entitlements_by_product").on(table.projectId, table.mode, table.productCode, table.subjectRef),
    // For alerts: the few rows of a project that need an operator.
    index("entitlements_past_due")
      .on(table.projectId, table.mode, table.updatedAt)
      .where(sql`status = 'past_due'`),
    index("entitlements_flagged")
      .on(table.projectId, table.mode, table.updatedAt)
      .where(sql`alert_flags IS NOT NULL`),
  ],
);
