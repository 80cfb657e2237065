import {
  type PortalSessionReply,
  portalSessionReplySchema,
  portalSessionRequestSchema,
} from "../../../shared/contract/recovery.ts";
import { currentTime } from "../../../shared/kit/clock.ts";
import { notConnectedError } from "../checkout/claim-attempt.ts";
import { ApiError } from "../http/api-error.ts";
import { defineEndpoint } from "../http/endpoint.ts";
import { jsonReply } from "../http/reply.ts";
import { requireLivePlan } from "../http/require-live-plan.ts";
import { claimRequest } from "../recovery/claim-request.ts";
import { findStripeCustomer } from "../recovery/recover.ts";
import { openPortal } from "../recovery/stripe-pages.ts";
import { addLogFields, openSubject } from "../request-context.ts";
import { createConnectionStripeClient } from "../stripe-connection/create-stripe-client.ts";
import { documentedErrors } from "./documented-errors.ts";
import { idempotencyHeader } from "./idempotency-header.ts";
import { replyHeaders } from "./reply-headers.ts";

export const customerPortalSession = defineEndpoint(
  {
    operationId: "createPortalSession",
    tags: ["Access"],
    summary: "Open Stripe's customer portal",
    description:
      "Creates a session of Stripe's customer portal, where the customer updates their payment method, sees their invoices and cancels. Redirect the customer at once: the URL is short-lived, and a repeated request makes a new one.",
    request: {
      headers: idempotencyHeader,
      body: { required: true, content: { "application/json": { schema: portalSessionRequestSchema } } },
    },
    responses: {
      201: {
        description: "The session was created.",
        headers: replyHeaders({ decision: false, replayed: true }),
        content: { "application/json": { schema: portalSessionReplySchema } },
      },
      ...documentedErrors({
        body: true,
        more: [
          "missing_idempotency_key",
          "invalid_idempotency_key",
          "plan_mode_not_allowed",
          "no_stripe_customer",
          "stripe_not_connected",
          "idempotency_conflict",
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
    const { entitlements } = await openSubject(c, request.subject_ref).read();
    const requestId = c.get("requestId");
    const keyed = {
      endpoint: "customer/portal-session",
      key,
      body: request,
      requestId,
      reason: null,
    } as const;
    const inputs = await claimRequest(c.env, caller, keyed, [], await currentTime(c.env.DEV));
    addLogFields(c, { replayed: inputs.replayed });
    const customerId = findStripeCustomer(entitlements, inputs);
    if (customerId === null)
      throw new ApiError(
        "no_stripe_customer",
        "This subject never paid through Stripe. Create a checkout instead.",
      );
    if (inputs.connection === null) throw notConnectedError(caller);
    const stripe = await createConnectionStripeClient(c.env, inputs.connection);
    const opened = await openPortal(stripe, customerId, request.return_url, "overview");
    if (opened.outcome === "forbidden")
      throw new ApiError(
        "stripe_error",
        `The Stripe key lacks the permission ${opened.permission}. Add it in Stripe.`,
      );
    if (opened.outcome === "none")
      throw new ApiError("stripe_error", `Stripe rejected the customer portal: ${opened.message}`);
    const reply: PortalSessionReply = { url: opened.url, mode: caller.mode };
    return jsonReply(c, reply, {
      status: 201,
      headers: inputs.replayed ? { "Idempotency-Replayed": "true" } : {},
    });
  },
);
