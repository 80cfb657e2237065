import {
  type RecoveryReply,
  recoveryReplySchema,
  recoveryRequestSchema,
} from "../../../shared/contract/recovery.ts";
import { decideProducts } from "../../../shared/domain/product-decision.ts";
import { currentTime } from "../../../shared/kit/clock.ts";
import { defineEndpoint } from "../http/endpoint.ts";
import { jsonReply } from "../http/reply.ts";
import { requireLivePlan } from "../http/require-live-plan.ts";
import { requireProducts } from "../http/require-products.ts";
import { claimRequest } from "../recovery/claim-request.ts";
import { recover } from "../recovery/recover.ts";
import { addLogFields, openSubject } from "../request-context.ts";
import { decisionHeader } from "./decision-header.ts";
import { documentedErrors } from "./documented-errors.ts";
import { idempotencyHeader } from "./idempotency-header.ts";
import { replyHeaders } from "./reply-headers.ts";

export const accessRecovery = defineEndpoint(
  {
    operationId: "recoverAccess",
    tags: ["Access"],
    summary: "Get the way back from a denial",
    description:
      "Returns what a denied customer can do, with the page of Stripe's to send them to. Call it when a check denies access, not with every check. The URL is made for this request: a repeated request with the same key answers about the present, and opens no second checkout. Following the URL grants nothing; access starts when Stripe reports the payment.",
    request: {
      headers: idempotencyHeader,
      body: { required: true, content: { "application/json": { schema: recoveryRequestSchema } } },
    },
    responses: {
      200: {
        description: "What the customer can do. `none` when access is allowed.",
        headers: replyHeaders({ decision: true, replayed: true }),
        content: { "application/json": { schema: recoveryReplySchema } },
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
    const { subject_ref, product_code } = request;
    const codes = product_code === undefined ? [] : [product_code];
    await requireProducts(c.env, caller, codes);
    const subject = openSubject(c, subject_ref);
    const snapshot = await subject.read();
    const { entitlements } = snapshot;
    const decision =
      product_code === undefined
        ? snapshot.decision
        : decideProducts(entitlements, codes, snapshot.at).decision;
    const { allowed } = decision;
    const decisive = entitlements.find(({ entitlementId }) => entitlementId === decision.entitlementId);
    const about = product_code ?? decisive?.productCode ?? null;
    const keyed = {
      endpoint: "access/recovery",
      key,
      body: request,
      requestId: c.get("requestId"),
      reason: decision.allowed ? null : decision.reason,
    } as const;
    const now = await currentTime(c.env.DEV);
    const inputs = await claimRequest(c.env, caller, keyed, about === null ? [] : [about], now);
    addLogFields(c, decision.allowed ? { allowed } : { allowed, reason: decision.reason });
    addLogFields(c, { replayed: inputs.replayed });
    const found = decision.allowed
      ? ({ action: "none", url: null, expiresAt: null, productCode: about, missingPermission: null } as const)
      : await recover({
          env: c.env,
          caller,
          request,
          idempotencyKey: key,
          decision,
          entitlements,
          inputs,
          now,
        });
    const reply: RecoveryReply = {
      subject_ref,
      allowed,
      reason: decision.allowed ? null : decision.reason,
      action: found.action,
      url: found.url,
      expires_at: found.expiresAt === null ? null : new Date(found.expiresAt).toISOString(),
      product_code: found.productCode,
      missing_permission: found.missingPermission,
    };
    const headers = decisionHeader(c, subject.identity, snapshot, codes);
    return jsonReply(c, reply, {
      headers: inputs.replayed ? { ...headers, "Idempotency-Replayed": "true" } : headers,
    });
  },
);
