import {
  accessCheckReplySchema,
  accessCheckRequestSchema,
  toAccessCheckReply,
} from "../../../shared/contract/access.ts";
import { countCheck } from "../activity.ts";
import { defineEndpoint } from "../http/endpoint.ts";
import { jsonReply } from "../http/reply.ts";
import { addLogFields, openSubject } from "../request-context.ts";
import { atLeastHeader, readAtLeast } from "./at-least-header.ts";
import { decisionHeader } from "./decision-header.ts";
import { documentedErrors } from "./documented-errors.ts";
import { replyHeaders } from "./reply-headers.ts";

export const accessCheck = defineEndpoint(
  {
    operationId: "checkAccess",
    tags: ["Access"],
    summary: "Check access",
    description:
      "Allowed means that at least one entitlement is usable now. An unknown subject is denied with `no_entitlement`.",
    request: {
      headers: atLeastHeader,
      body: { required: true, content: { "application/json": { schema: accessCheckRequestSchema } } },
    },
    responses: {
      200: {
        description: "The decision.",
        headers: replyHeaders({ decision: true }),
        content: { "application/json": { schema: accessCheckReplySchema } },
      },
      ...documentedErrors({ body: true }),
    },
  },
  async (c) => {
    const { subject_ref } = c.req.valid("json");
    const subject = openSubject(c, subject_ref);
    const { decision, ...moment } = await subject.check(readAtLeast(c, subject.identity));
    const { allowed } = decision;
    addLogFields(c, decision.allowed ? { allowed } : { allowed, reason: decision.reason });
    countCheck(c.get("caller"), decision.allowed ? "allowed" : decision.reason);
    const reply = toAccessCheckReply(subject_ref, decision.allowed ? null : decision.reason);
    return jsonReply(c, reply, { headers: decisionHeader(c, subject.identity, moment) });
  },
);
