import { createRoute } from "@hono/zod-openapi";
import {
  type CheckoutReply,
  checkoutReplySchema,
  checkoutRequestSchema,
} from "../../../shared/contract/checkout.ts";
import type { CheckoutAttemptRow } from "../../../shared/db/checkout-attempts.ts";
import { currentTime } from "../../../shared/kit/clock.ts";
import { claimAttempt } from "../checkout/claim-attempt.ts";
import { finishAttempt } from "../checkout/finish-attempt.ts";
import { readIdempotencyKey, readJson } from "../middleware/read-input.ts";
import { requireLivePlan } from "../middleware/require-live-plan.ts";
import { jsonReply } from "../reply.ts";
import { namedSubject, type RuntimeContext } from "../request-context.ts";
import { documentedErrors } from "./documented-errors.ts";
import { idempotencyHeader, replayedHeader } from "./idempotency-headers.ts";

export const checkoutSessionDocs = createRoute({
  method: "post",
  path: "/v1/checkout/session",
  summary: "Let a customer pay",
  description:
    "Makes a Stripe Checkout session. Send the customer to `checkout_url`. Access follows when Stripe says that the money came; creating a session grants nothing.",
  security: [{ apiKey: [] }],
  request: {
    headers: idempotencyHeader,
    body: { required: true, content: { "application/json": { schema: checkoutRequestSchema } } },
  },
  responses: {
    201: {
      description: "The session is made.",
      headers: replayedHeader,
      content: { "application/json": { schema: checkoutReplySchema } },
    },
    ...documentedErrors({
      body: true,
      more: [
        "missing_idempotency_key",
        "invalid_idempotency_key",
        "plan_mode_not_allowed",
        "product_not_found",
        "product_inactive",
        "already_subscribed",
        "stripe_not_connected",
        "idempotency_conflict",
        "idempotency_in_progress",
        "stripe_error",
      ],
    }),
  },
});

export async function checkoutSession(c: RuntimeContext): Promise<Response> {
  const key = readIdempotencyKey(c);
  const request = await readJson(c, checkoutRequestSchema);
  const caller = c.caller;
  requireLivePlan(caller);
  namedSubject(c, request.subject_ref);
  const now = await currentTime(c.env.DEV);
  const claim = await claimAttempt(c.env, caller, request, key, now);
  c.note({ attemptId: claim.attempt.attemptId, replayed: claim.outcome === "done" });
  if (claim.outcome === "done")
    return jsonReply(c, checkoutReply(claim.attempt), {
      status: 201,
      headers: { "Idempotency-Replayed": "true" },
    });
  const attempt = await finishAttempt(c.env, claim, now);
  return jsonReply(c, checkoutReply(attempt), { status: 201 });
}

function checkoutReply(attempt: CheckoutAttemptRow): CheckoutReply {
  if (attempt.checkoutUrl === null || attempt.expiresAt === null)
    throw new Error("a checkout attempt without a session has no reply");
  return {
    attempt_id: attempt.attemptId,
    status: "created",
    checkout_url: attempt.checkoutUrl,
    mode: attempt.mode,
    expires_at: new Date(attempt.expiresAt).toISOString(),
  };
}
