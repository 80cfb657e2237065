import type Stripe from "stripe";
import {
  advanceAttempt,
  type CheckoutAttemptRow,
  readAttempt,
} from "../../../shared/db/checkout-attempts.ts";
import { d1 } from "../../../shared/db/deadline.ts";
import {
  type ConnectionWithRegion,
  type InboxRow,
  rememberObjects,
} from "../../../shared/db/stripe-inbox.ts";
import { derivedId } from "../../../shared/kit/ids.ts";
import { type CheckoutSessionFact, readFact } from "../../../shared/stripe/facts.ts";
import type { OurMetadata } from "../../../shared/stripe/our-metadata.ts";
import { readFrozen } from "../checkout/frozen-request.ts";
import type { RuntimeEnv } from "../env.ts";
import { callSubject } from "../subject-stub.ts";

/** How an event ended. `failed` is final at once; an error that may pass is thrown instead. */
export interface Settlement {
  status: "applied" | "ignored" | "failed";
  /** Why, where the status does not say. */
  detail: string | null;
  subjectRef: string | null;
}

const ignored = (detail: string): Settlement => ({ status: "ignored", detail, subjectRef: null });

/** Reads the event and does what it asks. Throws what may go better at another try. */
export async function applyEvent(
  env: RuntimeEnv,
  { connection, region }: ConnectionWithRegion,
  row: InboxRow,
  now: number,
): Promise<Settlement> {
  const event = JSON.parse(row.payload) as Stripe.Event;
  if (event.livemode !== (connection.mode === "live"))
    return {
      status: "failed",
      detail: `the event says livemode ${event.livemode}, but the connection is for ${connection.mode} mode`,
      subjectRef: null,
    };
  const fact = readFact(event);
  if (fact.type === "not_handled") return ignored("not handled yet");
  if (fact.ours === null) return ignored("not one of our objects");
  if (fact.ours.projectId !== connection.projectId || fact.ours.mode !== connection.mode)
    return ignored("another project's");
  const attempt = await attemptOf(env.DB, fact.ours, fact.sessionId);
  return applySession(env, { connection, region }, fact, attempt, row, now);
}

async function attemptOf(db: D1Database, ours: OurMetadata, sessionId: string): Promise<CheckoutAttemptRow> {
  const attempt = await d1(readAttempt(db, ours.attemptId));
  if (attempt === null || attempt.projectId !== ours.projectId || attempt.mode !== ours.mode)
    throw new Error(
      `unroutable: there is no checkout attempt ${ours.attemptId} for the session ${sessionId}`,
    );
  return attempt;
}

/**
 * Grants first, then notes the attempt and the ids, then (in the caller) settles the row. A crash in between leaves the
 * row `received`; the next try finds the entitlement granted and does the rest.
 */
async function applySession(
  env: RuntimeEnv,
  { connection, region }: ConnectionWithRegion,
  fact: CheckoutSessionFact,
  attempt: CheckoutAttemptRow,
  row: InboxRow,
  now: number,
): Promise<Settlement> {
  const { subjectRef, attemptId } = attempt;
  const settled = { subjectRef, status: "applied" as const, detail: null };
  if (fact.outcome !== "paid") {
    const status = fact.outcome === "processing" ? "processing" : "failed";
    await d1(advanceAttempt(env.DB, attemptId, status, now));
    return settled;
  }
  const { projectId, mode, connectionId } = connection;
  const identity = { projectId, mode, region, subjectRef };
  const frozen = readFrozen(attempt);
  const result = await callSubject(env, identity, (subject) =>
    subject.grantPurchase(identity, {
      entitlementId: derivedId("ent", `${projectId}/${mode}/${fact.sessionId}`),
      terms: frozen.terms,
      paidAt: fact.at,
      purchase: {
        attemptId,
        checkoutSessionId: fact.sessionId,
        paymentIntentId: fact.paymentIntentId,
        customerId: fact.customerId,
        amountTotal: fact.amountTotal,
        currency: fact.currency,
        metadata: frozen.request.metadata ?? {},
      },
      cause: { type: "stripe_event", id: row.eventId, eventType: row.type },
    }),
  );
  const stripeIds = [fact.sessionId, fact.paymentIntentId, fact.customerId].filter((id) => id !== null);
  const owner = { subjectRef, attemptId, customerId: fact.customerId };
  await d1(rememberObjects(env.DB, { connectionId, projectId, mode }, owner, stripeIds, now));
  await d1(advanceAttempt(env.DB, attemptId, "finalized", now));
  return result.outcome === "granted" ? settled : { subjectRef, status: "ignored", detail: "no change" };
}
