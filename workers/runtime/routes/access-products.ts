import {
  type AccessProductsReply,
  accessProductsReplySchema,
  accessProductsRequestSchema,
} from "../../../shared/contract/access.ts";
import type { Decision } from "../../../shared/domain/decision.ts";
import { countCheck } from "../activity.ts";
import { defineEndpoint } from "../http/endpoint.ts";
import { jsonReply } from "../http/reply.ts";
import { requireProducts } from "../http/require-products.ts";
import { addLogFields, openSubject } from "../request-context.ts";
import { atLeastHeader, readAtLeast } from "./at-least-header.ts";
import { decisionHeader } from "./decision-header.ts";
import { documentedErrors } from "./documented-errors.ts";
import { replyHeaders } from "./reply-headers.ts";

export const accessProducts = defineEndpoint(
  {
    operationId: "checkAccessToProducts",
    tags: ["Access"],
    summary: "Check access to products",
    description:
      "A check over the entitlements of the named products only: who bought credits does not pass a gate for a subscription. Allowed when one of the products is usable now. The decision id contains the product codes.",
    request: {
      headers: atLeastHeader,
      body: { required: true, content: { "application/json": { schema: accessProductsRequestSchema } } },
    },
    responses: {
      200: {
        description: "The decision, in total and by product.",
        headers: replyHeaders({ decision: true }),
        content: { "application/json": { schema: accessProductsReplySchema } },
      },
      ...documentedErrors({ body: true, more: ["product_not_found"] }),
    },
  },
  async (c) => {
    const { subject_ref, product_codes } = c.req.valid("json");
    const caller = c.get("caller");
    await requireProducts(c.env, caller, product_codes);
    const subject = openSubject(c, subject_ref);
    // Answered by the subject itself, which is never older: only the form counts.
    readAtLeast(c, subject.identity);
    const { decision, products, ...moment } = await subject.checkProducts(product_codes);
    addLogFields(c, toAnswer(decision));
    countCheck(caller, decision.allowed ? "allowed" : decision.reason);
    const reply: AccessProductsReply = {
      subject_ref,
      ...toAnswer(decision),
      products: products.map((each) => ({ product_code: each.productCode, ...toAnswer(each.decision) })),
    };
    return jsonReply(c, reply, { headers: decisionHeader(c, subject.identity, moment, product_codes) });
  },
);

const toAnswer = (decision: Decision) =>
  decision.allowed ? { allowed: true } : { allowed: false, reason: decision.reason };
