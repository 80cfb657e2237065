import { dataOf } from "../../../shared/db/databases.ts";
import type { SubjectFact } from "../../../shared/domain/decide-stripe.ts";
import type { PaidAtSource } from "../../../shared/domain/grant-purchase.ts";
import type { ParsedSession } from "../../../shared/stripe/parse-session.ts";
import { parseFrozenRequest } from "../checkout/frozen-request.ts";
import { advanceCheckoutAttempt } from "../db/checkout-attempts.ts";
import type { ConnectionContext } from "./connection-context.ts";
import { buildCheckoutOrigin, type CheckoutOwner, foreign } from "./find-owner.ts";
import {
  claimSale,
  flagUnknownSession,
  type OtherSession,
  resolveSessionOwner,
} from "./find-session-owner.ts";
import { type ApplyResult, mergeFacts } from "./merge-facts.ts";

/**
 * Advances the checkout attempt and grants a one-time purchase. For a subscription, the session only records
 * the sale: access follows the subscription's status.
 *
 * Order: claim the sale if metadata alone identifies it, grant, then advance the attempt, then (in the caller)
 * mark the event as processed. A crash in between leaves the event `received`. The next attempt finds the sale
 * claimed and the entitlement granted, and does the rest.
 */
export async function applySession(
  context: ConnectionContext,
  session: ParsedSession,
): Promise<ApplyResult | OtherSession> {
  if (session.ours === null) return foreign("not created by Licenzy");
  const found = await resolveSessionOwner(context, session.sessionId, session.ours);
  if (found.outcome !== "owner") return found;
  const { owner } = found;
  const { attemptId } = session.ours;
  const { env, now } = context;
  const flag = flagUnknownSession(owner);
  if (session.outcome !== "paid") {
    const status = session.outcome === "processing" ? "processing" : "failed";
    const hasAdvanced = await advanceCheckoutAttempt(dataOf(env, context.connection), attemptId, status, now);
    return { outcome: "merged", subjectRef: owner.subjectRef, changes: hasAdvanced ? 1 : 0, flag };
  }
  const { sessionId, paymentIntentId, subscriptionId, customerId } = session;
  const other = await claimSale(context, owner, sessionId);
  if (other !== null) return other;
  const merged = await mergeFacts(context, owner, [buildPaidSessionFact(owner, session, "event")], {
    customerId,
    stripeIds: [sessionId, paymentIntentId, subscriptionId],
  });
  if (merged.outcome !== "merged") return merged;
  const hasAdvanced = await advanceCheckoutAttempt(
    dataOf(env, context.connection),
    attemptId,
    "finalized",
    now,
  );
  return { ...merged, changes: merged.changes + (hasAdvanced ? 1 : 0), flag };
}

/**
 * Builds the fact of a paid session: a purchase, or the sale of a subscription. `from` is the source of the
 * session's time.
 */
export function buildPaidSessionFact(
  owner: CheckoutOwner,
  session: ParsedSession,
  from: PaidAtSource,
): SubjectFact {
  const { sessionId, paymentIntentId, subscriptionId, customerId, amountTotal, currency } = session;
  const origin = buildCheckoutOrigin(owner, customerId);
  if (subscriptionId !== null)
    return {
      type: "subscription_sold",
      subscriptionId,
      origin,
      checkout: { sessionId, amountTotal, currency },
    };
  return {
    type: "purchase",
    terms: parseFrozenRequest(owner.attempt).terms,
    paidAt: session.at,
    paidAtFrom: from,
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
