import {
  type CheckoutReply,
  checkoutReplySchema,
  checkoutRequestSchema,
} from "../../../shared/contract/checkout.ts";
import { currentTime } from "../../../shared/kit/clock.ts";
import { claimAttempt } from "../checkout/claim-attempt.ts";
import { finishAttempt } from "../checkout/finish-attempt.ts";
import type { CheckoutAttemptRow } from "../db/checkout-attempts.ts";
import { defineEndpoint } from "../http/endpoint.ts";
import { jsonReply } from "../http/reply.ts";
import { requireLivePlan } from "../http/require-live-plan.ts";
import { addLogFields, identifySubject } from "../request-context.ts";
import { documentedErrors } from "./documented-errors.ts";
import { idempotencyHeader } from "./idempotency-header.ts";
import { replyHeaders } from "./reply-headers.ts";

export const checkoutSession = defineEndpoint(
  {
    operationId: "createCheckoutSession",
    tags: ["Checkout"],
    summary: "Create a checkout session",
    description:
      "Creates a Stripe Checkout session. Send the customer to `checkout_url`. Access starts when Stripe reports the payment; creating a session grants nothing.",
    request: {
      headers: idempotencyHeader,
      body: { required: true, content: { "application/json": { schema: checkoutRequestSchema } } },
    },
    responses: {
      201: {
        description: "The session was created.",
        headers: replyHeaders({ decision: false, replayed: true }),
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
  },
  async (c) => {
    const { "Idempotency-Key": key } = c.req.valid("header");
    const request = c.req.valid("json");
    const caller = c.get("caller");
    requireLivePlan(caller);
    addLogFields(c, { subject: identifySubject(caller, request.subject_ref) });
    const now = await currentTime(c.env.DEV);
    const claim = await claimAttempt(c.env, caller, request, key, now);
    addLogFields(c, { attemptId: claim.attempt.attemptId, replayed: claim.outcome === "done" });
    if (claim.outcome === "done")
      return jsonReply(c, checkoutReply(claim.attempt), {
        status: 201,
        headers: { "Idempotency-Replayed": "true" },
      });
    const attempt = await finishAttempt(c.env, claim, now);
    return jsonReply(c, checkoutReply(attempt), { status: 201 });
  },
);

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
