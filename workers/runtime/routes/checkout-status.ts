import { z } from "@hono/zod-openapi";
import { type CheckoutStatusReply, checkoutStatusReplySchema } from "../../../shared/contract/checkout.ts";
import { dataOf } from "../../../shared/db/databases.ts";
import { entitlementView } from "../../../shared/domain/entitlement-view.ts";
import { readAttempt } from "../db/checkout-status.ts";
import { ApiError } from "../http/api-error.ts";
import { defineEndpoint } from "../http/endpoint.ts";
import { jsonReply } from "../http/reply.ts";
import { addLogFields, openSubject } from "../request-context.ts";
import { documentedErrors } from "./documented-errors.ts";
import { replyHeaders } from "./reply-headers.ts";

const attemptId = z.string().regex(/^att_[0-9a-z]{26}$/, "must be the attempt_id of a checkout");

export const checkoutStatus = defineEndpoint(
  {
    operationId: "getCheckoutStatus",
    tags: ["Checkout"],
    summary: "Get a checkout's status",
    description:
      "For a success page that waits for the payment: poll until the status is `finalized` or `failed`. Requests of a checkout that was never paid end with `not_found`, 30 days after it expired.",
    request: { params: z.object({ attempt_id: attemptId }) },
    responses: {
      200: {
        description: "The status.",
        headers: replyHeaders({ decision: false }),
        content: { "application/json": { schema: checkoutStatusReplySchema } },
      },
      ...documentedErrors({ body: false, more: ["not_found"] }),
    },
  },
  async (c) => {
    const { attempt_id } = c.req.valid("param");
    const attempt = await readAttempt(dataOf(c.env, c.get("caller")), c.get("caller"), attempt_id);
    if (attempt === null)
      throw new ApiError("not_found", `No checkout '${attempt_id}' in ${c.get("caller").mode} mode.`);
    addLogFields(c, { attemptId: attempt_id });
    const { status, subjectRef, productCode, expiresAt } = attempt;
    const snapshot = status === "finalized" ? await openSubject(c, subjectRef).read() : null;
    const granted = snapshot?.entitlements.find(({ purchase }) => purchase?.attemptId === attempt_id);
    const reply: CheckoutStatusReply = {
      attempt_id,
      status,
      subject_ref: subjectRef,
      product_code: productCode,
      expires_at: expiresAt === null ? null : new Date(expiresAt).toISOString(),
      entitlement: snapshot === null || granted === undefined ? null : entitlementView(granted, snapshot),
    };
    return jsonReply(c, reply);
  },
);
