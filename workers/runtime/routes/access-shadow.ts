import {
  type AccessShadowReply,
  accessShadowReplySchema,
  accessShadowRequestSchema,
} from "../../../shared/contract/access.ts";
import { countShadow } from "../activity.ts";
import { defineEndpoint } from "../http/endpoint.ts";
import { jsonReply } from "../http/reply.ts";
import { addLogFields, openSubject } from "../request-context.ts";
import { atLeastHeader, readAtLeast } from "./at-least-header.ts";
import { decisionHeader } from "./decision-header.ts";
import { documentedErrors } from "./documented-errors.ts";
import { replyHeaders } from "./reply-headers.ts";

export const accessShadow = defineEndpoint(
  {
    operationId: "shadowAccess",
    tags: ["Access"],
    summary: "Compare your app's decision",
    description:
      "Before you switch to Licenzy: a check and a comparison with what your app decided itself. It changes no rights and takes no idempotency key. The portal's Shadow page counts agreement, and lists the latest disagreement of each customer about 10 seconds later, up to 10,000 customers per project and mode.",
    request: {
      headers: atLeastHeader,
      body: { required: true, content: { "application/json": { schema: accessShadowRequestSchema } } },
    },
    responses: {
      200: {
        description: "Whether Licenzy agrees, and its decision.",
        headers: replyHeaders({ decision: true }),
        content: { "application/json": { schema: accessShadowReplySchema } },
      },
      ...documentedErrors({ body: true }),
    },
  },
  async (c) => {
    const { subject_ref, allowed: appAllowed } = c.req.valid("json");
    const caller = c.get("caller");
    const subject = openSubject(c, subject_ref);
    const { decision, ...moment } = await subject.check(readAtLeast(c, subject.identity));
    const { allowed } = decision;
    const reason = decision.allowed ? null : decision.reason;
    const agrees = allowed === appAllowed;
    addLogFields(c, reason === null ? { allowed } : { allowed, reason });
    const { projectId, mode } = caller;
    const disagreement = { projectId, mode, subjectRef: subject_ref, appAllowed, reason, at: moment.at };
    countShadow(caller, agrees ? null : disagreement);
    const answer = reason === null ? { allowed } : { allowed, reason };
    const reply: AccessShadowReply = { subject_ref, agrees, ...answer };
    return jsonReply(c, reply, { headers: decisionHeader(c, subject.identity, moment) });
  },
);
