import { and, desc, eq, inArray, lt } from "drizzle-orm";
import type { DrizzleD1Database } from "drizzle-orm/d1";
import { modes } from "../../../shared/contract/enums.ts";
import { type Databases, queryBoth } from "../../../shared/db/databases.ts";
import { selectLastErasure } from "../../../shared/db/erasures.ts";
import { inScope, ofSubject } from "../../../shared/db/scope.ts";
import { stripeConnections } from "../../../shared/db/tables/configuration.ts";
import { notes } from "../../../shared/db/tables/records.ts";
import { checkoutAttempts, stripeEvents } from "../../../shared/db/tables/stripe.ts";
import { subjects } from "../../../shared/db/tables/subjects.ts";
import { deliveries, deliveryAttempts, endpoints, events } from "../../../shared/db/tables/webhooks.ts";
import type { SubjectKey } from "../../../shared/domain/subject-name.ts";
import { idFloor } from "../../../shared/kit/ids.ts";
import { selectLastFinding } from "./access-audits.ts";
import { selectNamesOf } from "./product-names.ts";
import { type CustomerRecoveryLink, selectRecoveryLinks } from "./recovery-links.ts";

/** The newest rows of each list: at most `limit`, and only rows older than `before` (ms) if given. */
interface Window {
  before: number | null;
  limit: number;
}

export type CustomerLists = Awaited<ReturnType<typeof readCustomerLists>>;
export type CustomerCheckoutAttempt = CustomerLists["attempts"][number];
export type CustomerStripeEvent = CustomerLists["stripeEvents"][number];
export type CustomerNote = CustomerLists["notes"][number];
export type CustomerDelivery = CustomerLists["deliveries"][number];

/**
 * Reads D1's data about one customer in addition to the ledger, in one round trip. Each part reads an index
 * by customer.
 */
export async function readCustomerLists(databases: Databases, key: SubjectKey, window: Window) {
  const { projectId, mode, subjectRef } = key;
  const [
    [productRows, connections],
    [
      subjectRows,
      otherModeRows,
      attempts,
      eventRows,
      deliveryRows,
      noteRows,
      erasureRows,
      findingRows,
      linkRows,
    ],
  ] = await queryBoth(
    databases,
    (database) => [
      ...selectNamesOf(key)(database),
      database
        .select({ stripeAccountId: stripeConnections.stripeAccountId })
        .from(stripeConnections)
        .where(inScope(stripeConnections, key)),
    ],
    (database) => [
      database
        .select({ stripeCustomerId: subjects.stripeCustomerId, createdAt: subjects.createdAt })
        .from(subjects)
        .where(ofSubject(subjects, key)),
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
      selectAttempts(database, key, window),
      selectStripeEvents(database, key, window),
      selectDeliveries(database, key, window),
      selectNotes(database, key, window),
      selectLastErasure(database, key),
      selectLastFinding(database, key),
      selectRecoveryLinks(database, key, window),
    ],
  );
  return {
    subject: subjectRows[0] ?? null,
    /** The other mode, if it has a customer with the same `subject_ref`. */
    otherMode: otherModeRows[0]?.mode ?? null,
    isConnected: connections.length > 0,
    stripeAccountId: connections[0]?.stripeAccountId ?? null,
    attempts,
    stripeEvents: eventRows,
    deliveries: deliveryRows,
    notes: noteRows,
    recoveryLinks: linkRows,
    recoveryMoments: listRecoveryMoments(linkRows, window.before),
    erasure: erasureRows[0] ?? null,
    /** What the last complete access audit found of the customer. */
    finding: findingRows[0] ?? null,
    /** The names of the project's products by code. */
    productNames: new Map(productRows.map(({ productCode, name }) => [productCode, name])),
  };
}

/** The moments of the links before `before`: a link can be opened, and paid, later than what a page lists. */
function listRecoveryMoments(links: CustomerRecoveryLink[], before: number | null) {
  const moments = links.flatMap((link) => [
    { link, moment: "created" as const, at: link.createdAt },
    { link, moment: "opened" as const, at: link.openedAt },
    { link, moment: "paid" as const, at: link.paidAt },
  ]);
  return moments.flatMap(({ at, ...moment }) =>
    at === null || (before !== null && at >= before) ? [] : [{ at, ...moment }],
  );
}

function selectAttempts(database: DrizzleD1Database, key: SubjectKey, window: Window) {
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
        ofSubject(checkoutAttempts, key),
        window.before === null ? undefined : lt(checkoutAttempts.createdAt, window.before),
      ),
    )
    .orderBy(desc(checkoutAttempts.createdAt), desc(checkoutAttempts.attemptId))
    .limit(window.limit);
}

function selectStripeEvents(database: DrizzleD1Database, key: SubjectKey, window: Window) {
  return database
    .select({
      eventId: stripeEvents.eventId,
      type: stripeEvents.type,
      status: stripeEvents.status,
      detail: stripeEvents.detail,
      foundBy: stripeEvents.foundBy,
      stripeCreatedAt: stripeEvents.stripeCreatedAt,
      receivedAt: stripeEvents.receivedAt,
      settledAt: stripeEvents.settledAt,
    })
    .from(stripeEvents)
    .where(
      and(
        ofSubject(stripeEvents, key),
        window.before === null ? undefined : lt(stripeEvents.receivedAt, window.before),
      ),
    )
    .orderBy(desc(stripeEvents.receivedAt), desc(stripeEvents.eventId))
    .limit(window.limit);
}

/**
 * Selects deliveries with their event, their endpoint (even if deleted) and the duration of the last attempt.
 */
function selectDeliveries(database: DrizzleD1Database, key: SubjectKey, window: Window) {
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
        ofSubject(deliveries, key),
        // Delivery ids begin with the time of the event.
        window.before === null ? undefined : lt(deliveries.deliveryId, idFloor("dlv", window.before)),
      ),
    )
    .orderBy(desc(deliveries.deliveryId))
    .limit(window.limit);
}

function selectNotes(database: DrizzleD1Database, key: SubjectKey, window: Window) {
  return database
    .select()
    .from(notes)
    .where(
      and(ofSubject(notes, key), window.before === null ? undefined : lt(notes.createdAt, window.before)),
    )
    .orderBy(desc(notes.createdAt), desc(notes.noteId))
    .limit(window.limit);
}
