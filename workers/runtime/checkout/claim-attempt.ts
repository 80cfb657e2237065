import type { CheckoutRequest } from "../../../shared/contract/checkout.ts";
import {
  type CheckoutAttemptRow,
  insertAttempt,
  leaseAttempt,
  readForCheckout,
} from "../../../shared/db/checkout-attempts.ts";
import { d1 } from "../../../shared/db/deadline.ts";
import type { stripeConnections } from "../../../shared/db/tables/configuration.ts";
import { canonicalJson } from "../../../shared/kit/canonical-json.ts";
import { sha256Hex } from "../../../shared/kit/hash.ts";
import { newId } from "../../../shared/kit/ids.ts";
import type { RuntimeEnv } from "../env.ts";
import { ApiError } from "../http/api-error.ts";
import { invalidRequest } from "../http/validation-errors.ts";
import { type Caller, identifySubject } from "../request-context.ts";
import { callSubject } from "../subject-stub.ts";
import type { FrozenRequest } from "./frozen-request.ts";

/** While it runs, a second request with the same key is told to wait. Longer than a call to Stripe may take. */
const leaseMs = 30_000;

export type Connection = typeof stripeConnections.$inferSelect;

export type Claim =
  /** The session exists: the same answer again. */
  | { outcome: "done"; attempt: CheckoutAttemptRow }
  /** Ours to work on, new or taken over from a request that crashed. */
  | { outcome: "claimed"; attempt: CheckoutAttemptRow; leaseId: string; connection: Connection };

/**
 * Finds or makes the attempt of this request. The attempt is in D1 before Stripe hears of it, so that a crash at any
 * later step leaves something that a repetition with the same key finishes.
 */
export async function claimAttempt(
  env: RuntimeEnv,
  caller: Caller,
  request: CheckoutRequest,
  idempotencyKey: string,
  now: number,
): Promise<Claim> {
  const scope = { projectId: caller.projectId, mode: caller.mode, subjectRef: request.subject_ref };
  const keyHash = sha256Hex(`checkout/session\n${idempotencyKey}`);
  const requestHash = sha256Hex(canonicalJson(request));
  const lease = { leaseId: newId("req", now), leaseUntil: now + leaseMs, now };
  const found = await d1(readForCheckout(env.DB, scope, keyHash, request.product_code));

  const { attempt: existing, connection, erasure } = found;
  if (erasure?.state === "running") throw beingErased();
  if (existing !== null && !mayStartOver(existing)) {
    refuseConflict(existing, requestHash);
    if (existing.stripeSessionId !== null) return { outcome: "done", attempt: existing };
  }
  if (connection === null) throw notConnected(caller);
  if (found.product?.kind === "subscription") await refuseSecond(env, caller, request);

  if (existing !== null) {
    const refrozen = mayStartOver(existing)
      ? { frozen: JSON.stringify(freeze(request, found)), requestHash, productCode: request.product_code }
      : null;
    const leased = await d1(leaseAttempt(env.DB, existing.attemptId, lease, refrozen));
    if (leased === null) throw inProgress();
    return { outcome: "claimed", attempt: leased, leaseId: lease.leaseId, connection };
  }

  const erasedAt = erasure?.askedAt ?? null;
  const attempt = await d1(
    insertAttempt(
      env.DB,
      caller.region,
      {
        attemptId: newId("att", now),
        ...scope,
        productCode: request.product_code,
        connectionId: connection.connectionId,
        idempotencyKeyHash: keyHash,
        requestHash,
        frozen: JSON.stringify(freeze(request, found)),
        status: "created",
        leaseId: lease.leaseId,
        leaseUntil: lease.leaseUntil,
        // After what was erased: by that what it sells is told from what was sold before.
        createdAt: erasedAt === null ? now : Math.max(now, erasedAt + 1),
        updatedAt: now,
      },
      erasedAt,
    ),
  );
  if (attempt.leaseId === lease.leaseId)
    return { outcome: "claimed", attempt, leaseId: lease.leaseId, connection };
  // Somebody with the same key was faster between our read and our insert.
  refuseConflict(attempt, requestHash);
  if (attempt.stripeSessionId === null) throw inProgress();
  return { outcome: "done", attempt };
}

/** Stripe refused it, so there is nothing to keep: a refusal is not remembered, the next request may differ. */
function mayStartOver(attempt: CheckoutAttemptRow): boolean {
  return attempt.status === "failed" && attempt.stripeSessionId === null;
}

export function refuseConflict(attempt: CheckoutAttemptRow, requestHash: string): void {
  if (attempt.requestHash !== requestHash)
    throw new ApiError(
      "idempotency_conflict",
      "This Idempotency-Key was used before with another body. Use a new key for a new checkout.",
    );
}

/** A second subscription to the same product would be paid for nothing. Manual grants do not stand in the way. */
async function refuseSecond(env: RuntimeEnv, caller: Caller, request: CheckoutRequest): Promise<void> {
  const { subject_ref, product_code } = request;
  const isOpen = await callSubject(env, identifySubject(caller, subject_ref), (subject) =>
    subject.hasOpenSubscription(product_code),
  );
  if (isOpen)
    throw new ApiError(
      "already_subscribed",
      `The subject has a subscription to '${product_code}' that has not ended. End it first, or let its payment be settled.`,
    );
}

export function inProgress(): ApiError {
  return new ApiError(
    "idempotency_in_progress",
    "The first request with this Idempotency-Key is still under way. Try again in a moment.",
    { headers: { "Retry-After": "1" } },
  );
}

function beingErased(): ApiError {
  return new ApiError(
    "temporarily_unavailable",
    "What is kept of this subject is being erased. A checkout can begin when that is done: try again in a minute.",
    { headers: { "Retry-After": "30" } },
  );
}

function notConnected({ mode }: Caller): ApiError {
  return new ApiError(
    "stripe_not_connected",
    `The project has no Stripe connection in ${mode} mode. Connect Stripe in the portal first.`,
  );
}

function freeze(request: CheckoutRequest, found: Awaited<ReturnType<typeof readForCheckout>>): FrozenRequest {
  const { product, project, stripeCustomerId } = found;
  if (product === null)
    throw new ApiError(
      "product_not_found",
      `There is no product '${request.product_code}' in the project and mode of this key.`,
    );
  if (product.archivedAt !== null)
    throw new ApiError("product_inactive", `The product '${product.productCode}' is archived.`);
  const successUrl = request.success_url ?? project?.successUrl;
  if (successUrl == null)
    throw invalidRequest([
      {
        path: "success_url",
        message: "is required: neither the request nor the project's settings give one",
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
  };
}
