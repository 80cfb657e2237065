import type Stripe from "stripe";
import {
  type CheckoutAttemptRow,
  completeAttempt,
  forgetCustomer,
  readSale,
  releaseAttempt,
} from "../../../shared/db/checkout-attempts.ts";
import { d1 } from "../../../shared/db/deadline.ts";
import { stripeFailure } from "../../../shared/stripe/gateway.ts";
import { stripeOfConnection } from "../configuration/stripe-of-connection.ts";
import type { RuntimeEnv } from "../env.ts";
import { ApiError } from "../http/api-error.ts";
import { type Claim, inProgress, refuseConflict } from "./claim-attempt.ts";
import { createSession } from "./create-session.ts";
import { readFrozen } from "./frozen-request.ts";

/**
 * Brings a claimed attempt to its session.
 *
 * A crash before Stripe was called leaves an attempt whose lease runs out; after it, Stripe's idempotency key makes
 * the repetition return the same session. A refusal by Stripe is definite and raises the try number; silence is not.
 */
export async function finishAttempt(
  env: RuntimeEnv,
  claim: Extract<Claim, { outcome: "claimed" }>,
  now: number,
): Promise<CheckoutAttemptRow> {
  const { attempt, leaseId, connection } = claim;
  const stripe = await stripeOfConnection(env, connection);
  const { session, answered } = await sessionOrRelease(env, stripe, attempt, leaseId, now);
  if (session.url === null) throw new Error("Stripe made a session without a url");
  const completed = {
    id: session.id,
    url: session.url,
    expiresAt: session.expires_at * 1_000,
    amountTotal: session.amount_total,
    currency: session.currency,
  };
  const isCurrent = await d1(completeAttempt(env.DB, answered, leaseId, completed, now));
  if (isCurrent) return { ...answered, checkoutUrl: completed.url, expiresAt: completed.expiresAt };
  return answerOfWhoTookOver(env, answered);
}

/** The lease ran out while Stripe was answering: what counts is what whoever took over has made of the attempt. */
async function answerOfWhoTookOver(env: RuntimeEnv, ours: CheckoutAttemptRow): Promise<CheckoutAttemptRow> {
  const { attempt: present } = await d1(readSale(env.DB, ours.attemptId, ours));
  if (present === null) throw new Error("the customer was erased while Stripe was answering");
  refuseConflict(present, ours.requestHash);
  if (present.stripeSessionId === null) throw inProgress();
  return present;
}

async function sessionOrRelease(
  env: RuntimeEnv,
  stripe: Stripe,
  attempt: CheckoutAttemptRow,
  leaseId: string,
  now: number,
): Promise<{ session: Stripe.Checkout.Session; answered: CheckoutAttemptRow }> {
  try {
    return { session: await createSession(stripe, attempt), answered: attempt };
  } catch (error) {
    const failure = stripeFailure(error);
    const { customerId, ...frozen } = readFrozen(attempt);
    if (failure.kind === "refused" && failure.isMissingCustomer && customerId !== null) {
      const frozenWithout = JSON.stringify({ ...frozen, customerId: null });
      await d1(forgetCustomer(env.DB, attempt, frozenWithout, customerId));
      const again = { ...attempt, frozen: frozenWithout, tryNumber: attempt.tryNumber + 1 };
      return sessionOrRelease(env, stripe, again, leaseId, now);
    }
    const refused = failure.kind === "refused";
    const status = refused ? "failed" : "created";
    await d1(releaseAttempt(env.DB, attempt.attemptId, leaseId, { status, refused, now }));
    throw new ApiError(
      "stripe_error",
      refused
        ? `Stripe refused the checkout: ${failure.message}`
        : `Stripe could not be reached: ${failure.message}`,
    );
  }
}
