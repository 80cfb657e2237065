import { sql } from "drizzle-orm";
import { index, integer, primaryKey, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";
import { checkoutAttemptStatuses, inboxStatuses, modes, stripeEventSources } from "../../contract/enums.ts";
import { timestampMs } from "./columns.ts";

/** Checkout attempts, Stripe objects and the inbox of Stripe events. Written by the runtime. */

export const checkoutAttempts = sqliteTable(
  "checkout_attempts",
  {
    attemptId: text("attempt_id").primaryKey(),
    projectId: text("project_id").notNull(),
    mode: text("mode", { enum: modes }).notNull(),
    subjectRef: text("subject_ref").notNull(),
    productCode: text("product_code").notNull(),
    connectionId: text("connection_id").notNull(),
    idempotencyKeyHash: text("idempotency_key_hash").notNull(),
    requestHash: text("request_hash").notNull(),
    /**
     * JSON: the request and the product when the attempt began, so that a crash or a later edit changes
     * nothing.
     */
    frozen: text("frozen").notNull(),
    status: text("status", { enum: checkoutAttemptStatuses }).notNull(),
    /** Part of Stripe's idempotency key. Raised after a definite refusal, kept after a timeout. */
    tryNumber: integer("try_number").notNull().default(1),
    /** The holder of the lease may call Stripe for this attempt; null when no request is working on it. */
    leaseUntil: timestampMs("lease_until"),
    leaseId: text("lease_id"),
    stripeSessionId: text("stripe_session_id"),
    checkoutUrl: text("checkout_url"),
    expiresAt: timestampMs("expires_at"),
    amountTotal: integer("amount_total"),
    currency: text("currency"),
    createdAt: timestampMs("created_at").notNull(),
    updatedAt: timestampMs("updated_at").notNull(),
  },
  (table) => [
    uniqueIndex("checkout_attempts_idempotency").on(
      table.projectId,
      table.mode,
      table.subjectRef,
      table.idempotencyKeyHash,
    ),
    // For the sweep that removes them. Ids begin with the time of creation.
    index("checkout_attempts_unfinished").on(table.attemptId).where(sql`status IN ('created', 'failed')`),
    index("checkout_attempts_finalized").on(table.projectId, table.mode).where(sql`status = 'finalized'`),
  ],
);

/** Maps Stripe ids to subjects, because most Stripe events do not carry our metadata. */
export const stripeObjects = sqliteTable(
  "stripe_objects",
  {
    connectionId: text("connection_id").notNull(),
    stripeId: text("stripe_id").notNull(),
    subjectRef: text("subject_ref").notNull(),
    attemptId: text("attempt_id"),
    createdAt: timestampMs("created_at").notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.connectionId, table.stripeId] }),
    index("stripe_objects_by_subject").on(table.connectionId, table.subjectRef),
  ],
);

/** The inbox: every verified event, once per connection, with its result. */
export const stripeEvents = sqliteTable(
  "stripe_events",
  {
    connectionId: text("connection_id").notNull(),
    eventId: text("event_id").notNull(),
    projectId: text("project_id").notNull(),
    mode: text("mode", { enum: modes }).notNull(),
    type: text("type").notNull(),
    /** When Stripe created the event. */
    stripeCreatedAt: timestampMs("stripe_created_at").notNull(),
    payload: text("payload").notNull(),
    status: text("status", { enum: inboxStatuses }).notNull(),
    /** Why the event was ignored, or the error of the last attempt. */
    detail: text("detail"),
    subjectRef: text("subject_ref"),
    /** The number of attempts begun, without those that a fault of the installation prevented. */
    tries: integer("tries").notNull().default(0),
    /** Raised by every claim and every operator's retry. The failure of an earlier attempt is then stale. */
    epoch: integer("epoch").notNull().default(0),
    /** Whether the last attempt could not read from Stripe. A separate sweep tries such rows. */
    waitsForStripe: integer("waits_for_stripe", { mode: "boolean" }).notNull().default(false),
    /** When a row that is still `received` is due for its next attempt. An attempt claims it by moving this. */
    nextTryAt: timestampMs("next_try_at"),
    receivedAt: timestampMs("received_at").notNull(),
    /** For an event that a sweep found, `received_at` minus `stripe_created_at` is the recovery delay. */
    foundBy: text("found_by", { enum: stripeEventSources }).notNull().default("webhook"),
    /** When the webhook delivered an event that a sweep had found first; null if it has not. */
    deliveredAt: timestampMs("delivered_at"),
    settledAt: timestampMs("settled_at"),
  },
  (table) => [
    primaryKey({ columns: [table.connectionId, table.eventId] }),
    // For the portal's list, newest first: all events, by status, by type.
    index("stripe_events_by_age").on(table.projectId, table.mode, table.receivedAt, table.eventId),
    index("stripe_events_by_status").on(
      table.projectId,
      table.mode,
      table.status,
      table.receivedAt,
      table.eventId,
    ),
    index("stripe_events_by_type").on(
      table.projectId,
      table.mode,
      table.type,
      table.receivedAt,
      table.eventId,
    ),
    index("stripe_events_by_subject")
      .on(table.projectId, table.mode, table.subjectRef, table.receivedAt, table.eventId)
      .where(sql`subject_ref IS NOT NULL`),
    index("stripe_events_settled").on(table.receivedAt).where(sql`status IN ('applied', 'ignored')`),
    index("stripe_events_due").on(table.waitsForStripe, table.nextTryAt).where(sql`status = 'received'`),
    index("stripe_events_healed").on(table.connectionId, table.receivedAt).where(sql`found_by = 'sweep'`),
  ],
);
