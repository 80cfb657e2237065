import { advanceAttempt } from "../../../shared/db/advance-attempt.ts";
import { d1 } from "../../../shared/db/deadline.ts";
import type { SubjectFact } from "../../../shared/domain/decide-stripe.ts";
import type { SessionFact } from "../../../shared/stripe/read-session.ts";
import { readFrozen } from "../checkout/frozen-request.ts";
import { NotOurs, type Owner, originOf, ownerByMetadata } from "./find-owner.ts";
import type { Inbound } from "./inbound.ts";
import { type Applied, mergeFacts } from "./merge-facts.ts";

/**
 * Settles the checkout attempt, and grants what was bought once. Of a subscription the session says only that it was
 * sold: access follows the subscription's own status.
 *
 * Grants first, then notes the attempt, then (in the caller) settles the row. A crash in between leaves the row
 * `received`; the next try finds the entitlement granted and does the rest.
 */
export async function applySession(inbound: Inbound, session: SessionFact): Promise<Applied> {
  if (session.ours === null) throw new NotOurs("not one of our objects");
  const owner = await ownerByMetadata(inbound, session.ours);
  const { attemptId } = session.ours;
  const { env, now } = inbound;
  if (session.outcome !== "paid") {
    const status = session.outcome === "processing" ? "processing" : "failed";
    const hasMoved = await d1(advanceAttempt(env.DB, attemptId, status, now));
    return { subjectRef: owner.subjectRef, changes: hasMoved ? 1 : 0 };
  }
  const { sessionId, paymentIntentId, subscriptionId, customerId } = session;
  const applied = await mergeFacts(inbound, owner, [paidFact(owner, session)], {
    customerId,
    stripeIds: [sessionId, paymentIntentId, subscriptionId],
  });
  const hasMoved = await d1(advanceAttempt(env.DB, attemptId, "finalized", now));
  return { ...applied, changes: applied.changes + (hasMoved ? 1 : 0) };
}

/** What a paid session of the attempt says of the subject. */
export function paidFact(owner: Owner, session: SessionFact): SubjectFact {
  const { sessionId, paymentIntentId, subscriptionId, customerId, amountTotal, currency } = session;
  const origin = originOf(owner, customerId);
  if (subscriptionId !== null)
    return {
      type: "subscription_sold",
      subscriptionId,
      origin,
      checkout: { sessionId, amountTotal, currency },
    };
  if (owner.attempt === null) throw new NotOurs("not one of our objects");
  return {
    type: "purchase",
    terms: readFrozen(owner.attempt).terms,
    paidAt: session.at,
    purchase: {
      attemptId: origin.attemptId,
      checkoutSessionId: sessionId,
      paymentIntentId,
      subscriptionId: null,
      customerId,
      amountTotal,
      currency,
      metadata: origin.metadata ?? {},
    },
  };
}
