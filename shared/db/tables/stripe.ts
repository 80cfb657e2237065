import { sql } from "drizzle-orm";
import { index, integer, primaryKey, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";
import { checkoutAttemptStatuses, eventFinders, inboxStatuses, modes } from "../../contract/words.ts";
import { moment } from "./columns.ts";

/** What passes between Stripe and us. Written by the runtime. */

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
    /** JSON: the request and the product as they were, so that a crash or a later edit changes nothing. */
    frozen: text("frozen").notNull(),
    status: text("status", { enum: checkoutAttemptStatuses }).notNull(),
    /** Part of Stripe's idempotency key. Raised after a definite refusal, kept after a timeout. */
    tryNumber: integer("try_number").notNull().default(1),
    /** Who holds it may call Stripe for this attempt; null when nobody is at work. */
    leaseUntil: moment("lease_until"),
    leaseId: text("lease_id"),
    stripeSessionId: text("stripe_session_id"),
    checkoutUrl: text("checkout_url"),
    expiresAt: moment("expires_at"),
    amountTotal: integer("amount_total"),
    currency: text("currency"),
    createdAt: moment("created_at").notNull(),
    updatedAt: moment("updated_at").notNull(),
  },
  (table) => [
    uniqueIndex("checkout_attempts_idempotency").on(
      table.projectId,
      table.mode,
      table.subjectRef,
      table.idempotencyKeyHash,
    ),
    index("checkout_attempts_finalized").on(table.projectId, table.mode).where(sql`status = 'finalized'`),
  ],
);

/** Which subject a Stripe id belongs to: most of Stripe's events do not carry our metadata. */
export const stripeObjects = sqliteTable(
  "stripe_objects",
  {
    connectionId: text("connection_id").notNull(),
    stripeId: text("stripe_id").notNull(),
    subjectRef: text("subject_ref").notNull(),
    attemptId: text("attempt_id"),
    createdAt: moment("created_at").notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.connectionId, table.stripeId] }),
    index("stripe_objects_by_subject").on(table.connectionId, table.subjectRef),
  ],
);

/** The inbox: every verified event, once per connection, with what became of it. */
export const stripeEvents = sqliteTable(
  "stripe_events",
  {
    connectionId: text("connection_id").notNull(),
    eventId: text("event_id").notNull(),
    projectId: text("project_id").notNull(),
    mode: text("mode", { enum: modes }).notNull(),
    type: text("type").notNull(),
    /** When Stripe made the event. */
    stripeCreatedAt: moment("stripe_created_at").notNull(),
    payload: text("payload").notNull(),
    status: text("status", { enum: inboxStatuses }).notNull(),
    /** Why it was ignored, or what went wrong at the last try. */
    detail: text("detail"),
    subjectRef: text("subject_ref"),
    tries: integer("tries").notNull().default(0),
    /** When a row that is still `received` is due for another try. */
    nextTryAt: moment("next_try_at"),
    receivedAt: moment("received_at").notNull(),
    /** Of an event that a sweep found, `received_at` minus `stripe_created_at` is the time from gap to healing. */
    foundBy: text("found_by", { enum: eventFinders }).notNull().default("webhook"),
    settledAt: moment("settled_at"),
  },
  (table) => [
    primaryKey({ columns: [table.connectionId, table.eventId] }),
    // The list of the portal, newest first: whole, of one result, of one type.
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
    index("stripe_events_due").on(table.nextTryAt).where(sql`status = 'received'`),
    index("stripe_events_healed").on(table.connectionId, table.receivedAt).where(sql`found_by = 'sweep'`),
  ],
);
