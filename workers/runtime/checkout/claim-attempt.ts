import type { CheckoutRequest } from "../../../shared/contract/checkout.ts";
import { databasesOf, dataOf } from "../../../shared/db/databases.ts";
import type { stripeConnections } from "../../../shared/db/tables/configuration.ts";
import { canonicalJson } from "../../../shared/kit/canonical-json.ts";
import { sha256Hex } from "../../../shared/kit/hash.ts";
import { newId } from "../../../shared/kit/ids.ts";
import { type CheckoutAttemptRow, insertAttempt, leaseAttempt } from "../db/checkout-attempts.ts";
import { readCheckoutInputs } from "../db/checkout-inputs.ts";
import type { RuntimeEnv } from "../env.ts";
import { ApiError } from "../http/api-error.ts";
import { invalidRequest } from "../http/invalid-request.ts";
import { identifySubject, type Purchaser } from "../request-context.ts";
import { callSubject } from "../subject-stub.ts";
import type { FrozenRequest } from "./frozen-request.ts";
import { takeCheckout } from "./limits.ts";

/**
 * During the lease, a second request with the same key gets `idempotency_in_progress`. Longer than the 20 s
 * limit of a call to Stripe.
 */
const leaseMs = 30_000;

export type Connection = typeof stripeConnections.$inferSelect;

export type Claim =
  /** The session exists; the caller returns it again. */
  | { outcome: "done"; attempt: CheckoutAttemptRow }
  /**
   * This request holds the lease of a new attempt, or of one that an earlier request left without a session.
   */
  | { outcome: "claimed"; attempt: CheckoutAttemptRow; leaseId: string; connection: Connection };

/**
 * Finds or creates the attempt of this request. The attempt is in D1 before the call to Stripe, so that a
 * retry with the same key can finish it after a crash at any later step.
 */
export async function claimAttempt(
  env: RuntimeEnv,
  caller: Purchaser,
  request: CheckoutRequest,
  idempotencyKey: string,
  now: number,
): Promise<Claim> {
  const scope = { projectId: caller.projectId, mode: caller.mode, subjectRef: request.subject_ref };
  const keyHash = sha256Hex(`checkout/session\n${idempotencyKey}`);
  const requestHash = sha256Hex(canonicalJson(request));
  const lease = { leaseId: newId("req", now), leaseUntil: now + leaseMs, now };
  const found = await readCheckoutInputs(databasesOf(env, scope), scope, keyHash, request.product_code);

  const { attempt: existing, connection, erasure } = found;
  if (erasure?.state === "running") throw erasureInProgressError();
  if (existing !== null && !canStartOver(existing)) {
    assertSameRequest(existing, requestHash);
    if (existing.stripeSessionId !== null) return { outcome: "done", attempt: existing };
    if (existing.status === "finalized" || existing.status === "processing") throw alreadyPaidError();
  }
  if (connection === null) throw notConnectedError(caller);
  if (found.product?.kind === "subscription") await rejectSecondSubscription(env, caller, request);

  if (existing !== null) {
    const refrozen = canStartOver(existing)
      ? {
          frozen: JSON.stringify(freezeRequest(caller, request, found)),
          requestHash,
          productCode: request.product_code,
        }
      : null;
    const leased = await leaseAttempt(dataOf(env, scope), existing.attemptId, lease, refrozen);
    if (leased === null) throw inProgressError();
    return { outcome: "claimed", attempt: leased, leaseId: lease.leaseId, connection };
  }

  const frozen = JSON.stringify(freezeRequest(caller, request, found));
  await takeCheckout(env, caller, request.subject_ref, keyHash, now);
  const erasedAt = erasure?.askedAt ?? null;
  const attempt = await insertAttempt(
    dataOf(env, scope),
    caller.region,
    {
      attemptId: newId("att", now),
      ...scope,
      productCode: request.product_code,
      connectionId: connection.connectionId,
      idempotencyKeyHash: keyHash,
      requestHash,
      frozen,
      status: "created",
      leaseId: lease.leaseId,
      leaseUntil: lease.leaseUntil,
      // Later than the erasure, so that purchases of this attempt do not count as older than the erasure.
      createdAt: erasedAt === null ? now : Math.max(now, erasedAt + 1),
      updatedAt: now,
    },
    erasedAt,
  );
  if (attempt.leaseId === lease.leaseId)
    return { outcome: "claimed", attempt, leaseId: lease.leaseId, connection };
  // Another request with the same key inserted its attempt between our read and our insert.
  assertSameRequest(attempt, requestHash);
  if (attempt.stripeSessionId === null) throw inProgressError();
  return { outcome: "done", attempt };
}

/**
 * Returns whether the attempt failed without a stored session: Stripe rejected it, or its session expired before we
 * stored it. Such a failure is not replayed, so the next request may differ.
 */
function canStartOver(attempt: CheckoutAttemptRow): boolean {
  return attempt.status === "failed" && attempt.stripeSessionId === null;
}

/** Throws if the attempt was created with a different request body. */
export function assertSameRequest(attempt: CheckoutAttemptRow, requestHash: string): void {
  if (attempt.requestHash !== requestHash)
    throw new ApiError(
      "idempotency_conflict",
      "This Idempotency-Key was already used with different parameters. Use a new key.",
    );
}

/**
 * Throws if the customer already has an open Stripe subscription to the product. A second one would charge
 * them twice. A manual grant does not block a checkout.
 */
async function rejectSecondSubscription(
  env: RuntimeEnv,
  caller: Purchaser,
  request: CheckoutRequest,
): Promise<void> {
  const { subject_ref, product_code } = request;
  const isOpen = await callSubject(env, identifySubject(caller, subject_ref), (subject) =>
    subject.hasOpenSubscription(product_code),
  );
  if (isOpen)
    throw new ApiError(
      "already_subscribed",
      `Customer already has an active subscription to '${product_code}'. ` +
        "Cancel it, or resolve its payment, before creating a checkout.",
    );
}

/**
 * The session was paid although a crash kept us from storing it. Stripe forgets its idempotency key after 24 hours, so
 * another call could open a second session for the same purchase.
 */
function alreadyPaidError(): ApiError {
  return new ApiError(
    "idempotency_conflict",
    "The checkout of this Idempotency-Key is already paid. Use a new key for another purchase.",
  );
}

export function inProgressError(): ApiError {
  return new ApiError(
    "idempotency_in_progress",
    "A request with this Idempotency-Key is still in progress. Retry in 1 second.",
    { headers: { "Retry-After": "1" } },
  );
}

export function erasureInProgressError(): ApiError {
  return new ApiError("temporarily_unavailable", "This subject is being erased. Retry in a minute.", {
    headers: { "Retry-After": "30" },
  });
}

export function notConnectedError({ mode }: Purchaser): ApiError {
  return new ApiError(
    "stripe_not_connected",
    `No Stripe connection in ${mode} mode. Connect Stripe in the portal.`,
  );
}

function freezeRequest(
  { mode }: Purchaser,
  request: CheckoutRequest,
  found: Awaited<ReturnType<typeof readCheckoutInputs>>,
): FrozenRequest {
  const { product, project, stripeCustomerId } = found;
  if (product === null)
    throw new ApiError("product_not_found", `No product '${request.product_code}' in ${mode} mode.`);
  if (product.archivedAt !== null)
    throw new ApiError(
      "product_inactive",
      `Product '${product.productCode}' is archived. Restore it in the portal, or use another product.`,
    );
  const successUrl = request.success_url ?? project?.successUrl;
  if (successUrl == null)
    throw invalidRequest([
      {
        path: "success_url",
        message: "is required, because the project has no default success URL",
      },
    ]);
  return {
    request,
    terms: {
      kind: product.kind,
      productCode: product.productCode,
      units: product.units,
      durationDays: product.durationDays,
      expiresAfterDays: product.expiresAfterDays,
    },
    stripePriceId: product.stripePriceId,
    successUrl,
    cancelUrl: request.cancel_url ?? project?.cancelUrl ?? null,
    customerId: stripeCustomerId,
    settings: {
      promotionCodes: product.promotionCodes,
      collectsTax: product.collectsTax,
      locale: product.locale,
      trialDays: product.trialDays,
    },
  };
}
