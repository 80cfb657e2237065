import type Stripe from "stripe";
import { dataOf } from "../../../shared/db/databases.ts";
import { classifyStripeError } from "../../../shared/stripe/client.ts";
import { fromSeconds } from "../../../shared/stripe/object-fields.ts";
import {
  type CheckoutAttemptRow,
  clearDeletedStripeCustomer,
  completeAttempt,
  readAttemptAndErasure,
  releaseAttempt,
} from "../db/checkout-attempts.ts";
import type { RuntimeEnv } from "../env.ts";
import { ApiError } from "../http/api-error.ts";
import { createConnectionStripeClient } from "../stripe-connection/create-stripe-client.ts";
import { assertSameRequest, type Claim, inProgressError } from "./claim-attempt.ts";
import { createSession } from "./create-session.ts";
import { parseFrozenRequest } from "./frozen-request.ts";

/**
 * Creates the session of a claimed attempt and stores it.
 *
 * After a crash before the call to Stripe, the lease expires and a retry resumes. After a crash after the
 * call, Stripe's idempotency key makes the retry return the same session. A rejection by Stripe is
 * definite, so it raises the try number. A missing response is not definite, so the retry uses the same
 * number.
 */
export async function finishAttempt(
  env: RuntimeEnv,
  claim: Extract<Claim, { outcome: "claimed" }>,
  now: number,
): Promise<CheckoutAttemptRow> {
  const { attempt, leaseId, connection } = claim;
  const stripe = await createConnectionStripeClient(env, connection);
  const { session, answered } = await createSessionOrRelease(env, stripe, attempt, leaseId, now);
  if (session.url === null) throw new Error("Stripe created a session without a URL");
  const completed = {
    id: session.id,
    url: session.url,
    expiresAt: fromSeconds(session.expires_at, "the end of the session"),
    amountTotal: session.amount_total,
    currency: session.currency,
  };
  const isCurrent = await completeAttempt(dataOf(env, answered), answered, leaseId, completed, now);
  if (isCurrent) return { ...answered, checkoutUrl: completed.url, expiresAt: completed.expiresAt };
  return readAttemptOfNewLease(env, answered);
}

/** Returns the attempt of the request that took over the lease, which expired during our call to Stripe. */
async function readAttemptOfNewLease(env: RuntimeEnv, ours: CheckoutAttemptRow): Promise<CheckoutAttemptRow> {
  const { attempt: current } = await readAttemptAndErasure(dataOf(env, ours), ours.attemptId, ours);
  if (current === null) throw new Error("the customer was erased during the call to Stripe");
  assertSameRequest(current, ours.requestHash);
  if (current.stripeSessionId === null) throw inProgressError();
  return current;
}

/**
 * Creates the session, or releases the lease and throws. Retries once without a customer that Stripe has
 * deleted.
 */
async function createSessionOrRelease(
  env: RuntimeEnv,
  stripe: Stripe,
  attempt: CheckoutAttemptRow,
  leaseId: string,
  now: number,
): Promise<{ session: Stripe.Checkout.Session; answered: CheckoutAttemptRow }> {
  try {
    return { session: await createSession(stripe, attempt), answered: attempt };
  } catch (error) {
    const failure = classifyStripeError(error);
    const { customerId, ...frozen } = parseFrozenRequest(attempt);
    if (failure.kind === "refused" && failure.isMissingCustomer && customerId !== null) {
      const frozenWithout = JSON.stringify({ ...frozen, customerId: null });
      await clearDeletedStripeCustomer(dataOf(env, attempt), attempt, frozenWithout, customerId);
      const next = { ...attempt, frozen: frozenWithout, tryNumber: attempt.tryNumber + 1 };
      return createSessionOrRelease(env, stripe, next, leaseId, now);
    }
    const refused = failure.kind === "refused";
    const status = refused ? "failed" : "created";
    await releaseAttempt(dataOf(env, attempt), attempt.attemptId, leaseId, { status, refused, now });
    throw new ApiError(
      "stripe_error",
      refused
        ? `Stripe rejected the checkout: ${failure.message}`
        : `Could not reach Stripe: ${failure.message}`,
    );
  }
}
