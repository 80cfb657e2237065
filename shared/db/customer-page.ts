import { and, desc, eq, inArray, lt } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { type Mode, modes } from "../contract/words.ts";
import { idFloor } from "../kit/ids.ts";
import { lastErasure } from "./erasures.ts";
import { notesOf } from "./notes.ts";
import { stripeConnections } from "./tables/configuration.ts";
import { checkoutAttempts, stripeEvents } from "./tables/stripe.ts";
import { subjects } from "./tables/subjects.ts";
import { deliveries, deliveryAttempts, endpoints, events } from "./tables/webhooks.ts";

export interface CustomerKey {
  projectId: string;
  mode: Mode;
  subjectRef: string;
}

/** Newest of each list: `limit` at most, and only what is older than `before` (ms) where it is given. */
interface Window {
  before: number | null;
  limit: number;
}

export type CustomerLists = Awaited<ReturnType<typeof readCustomerLists>>;
export type AttemptOfCustomer = CustomerLists["attempts"][number];
export type StripeEventOfCustomer = CustomerLists["stripeEvents"][number];
export type NoteOfCustomer = CustomerLists["notes"][number];
export type DeliveryOfCustomer = CustomerLists["deliveries"][number];

/** What D1 has beside the ledger of one customer, in one round trip. Each part reads an index by customer. */
export async function readCustomerLists(db: D1Database, key: CustomerKey, window: Window) {
  const { projectId, mode, subjectRef } = key;
  const database = drizzle(db);
  const [subjectRows, elsewhere, connections, attempts, received, sent, written, erased] =
    await database.batch([
      database
        .select({ stripeCustomerId: subjects.stripeCustomerId, createdAt: subjects.createdAt })
        .from(subjects)
        .where(
          and(
            eq(subjects.projectId, projectId),
            eq(subjects.mode, mode),
            eq(subjects.subjectRef, subjectRef),
          ),
        ),
      database
        .select({ mode: subjects.mode })
        .from(subjects)
        .where(
          and(
            eq(subjects.projectId, projectId),
            inArray(
              subjects.mode,
              modes.filter((other) => other !== mode),
            ),
            eq(subjects.subjectRef, subjectRef),
          ),
        ),
      database
        .select({ stripeAccountId: stripeConnections.stripeAccountId })
        .from(stripeConnections)
        .where(and(eq(stripeConnections.projectId, projectId), eq(stripeConnections.mode, mode))),
      attemptsOf(database, key, window),
      stripeEventsOf(database, key, window),
      deliveriesOf(database, key, window),
      notesOf(database, key, window),
      lastErasure(database, key),
    ]);
  return {
    subject: subjectRows[0] ?? null,
    /** The other mode, where a customer of this name is known there. */
    otherMode: elsewhere[0]?.mode ?? null,
    isConnected: connections.length > 0,
    stripeAccountId: connections[0]?.stripeAccountId ?? null,
    attempts,
    stripeEvents: received,
    deliveries: sent,
    notes: written,
    erasure: erased[0] ?? null,
  };
}

type Database = ReturnType<typeof drizzle>;

function attemptsOf(database: Database, { projectId, mode, subjectRef }: CustomerKey, window: Window) {
  return database
    .select({
      attemptId: checkoutAttempts.attemptId,
      productCode: checkoutAttempts.productCode,
      status: checkoutAttempts.status,
      amountTotal: checkoutAttempts.amountTotal,
      currency: checkoutAttempts.currency,
      stripeSessionId: checkoutAttempts.stripeSessionId,
      expiresAt: checkoutAttempts.expiresAt,
      createdAt: checkoutAttempts.createdAt,
      updatedAt: checkoutAttempts.updatedAt,
    })
    .from(checkoutAttempts)
    .where(
      and(
        eq(checkoutAttempts.projectId, projectId),
        eq(checkoutAttempts.mode, mode),
        eq(checkoutAttempts.subjectRef, subjectRef),
        window.before === null ? undefined : lt(checkoutAttempts.createdAt, window.before),
      ),
    )
    .orderBy(desc(checkoutAttempts.createdAt), desc(checkoutAttempts.attemptId))
    .limit(window.limit);
}

function stripeEventsOf(database: Database, { projectId, mode, subjectRef }: CustomerKey, window: Window) {
  return database
    .select({
      eventId: stripeEvents.eventId,
      type: stripeEvents.type,
      status: stripeEvents.status,
      detail: stripeEvents.detail,
      foundBy: stripeEvents.foundBy,
      stripeCreatedAt: stripeEvents.stripeCreatedAt,
      receivedAt: stripeEvents.receivedAt,
    })
    .from(stripeEvents)
    .where(
      and(
        eq(stripeEvents.projectId, projectId),
        eq(stripeEvents.mode, mode),
        eq(stripeEvents.subjectRef, subjectRef),
        window.before === null ? undefined : lt(stripeEvents.receivedAt, window.before),
      ),
    )
    .orderBy(desc(stripeEvents.receivedAt), desc(stripeEvents.eventId))
    .limit(window.limit);
}

/** With the event that is told, the endpoint (also a deleted one), and how the last attempt went. */
function deliveriesOf(database: Database, { projectId, mode, subjectRef }: CustomerKey, window: Window) {
  return database
    .select({
      deliveryId: deliveries.deliveryId,
      eventType: deliveries.eventType,
      state: deliveries.state,
      attempts: deliveries.attempts,
      lastStatus: deliveries.lastStatus,
      lastError: deliveries.lastError,
      nextAttemptAt: deliveries.nextAttemptAt,
      url: endpoints.url,
      occurredAt: events.occurredAt,
      sequence: events.sequence,
      durationMs: deliveryAttempts.durationMs,
    })
    .from(deliveries)
    .innerJoin(events, eq(events.eventId, deliveries.eventId))
    .innerJoin(endpoints, eq(endpoints.endpointId, deliveries.endpointId))
    .leftJoin(
      deliveryAttempts,
      and(
        eq(deliveryAttempts.deliveryId, deliveries.deliveryId),
        eq(deliveryAttempts.number, deliveries.attempts),
      ),
    )
    .where(
      and(
        eq(deliveries.projectId, projectId),
        eq(deliveries.mode, mode),
        eq(deliveries.subjectRef, subjectRef),
        // Ids begin with the time of the event.
        window.before === null ? undefined : lt(deliveries.deliveryId, idFloor("dlv", window.before)),
      ),
    )
    .orderBy(desc(deliveries.deliveryId))
    .limit(window.limit);
}
