import { z } from "@hono/zod-openapi";
import { customerAccessReplySchema } from "../../../shared/contract/entitlements.ts";
import { subjectRefSchema } from "../../../shared/contract/subject-ref.ts";
import { buildCustomerAccess } from "../../../shared/domain/customer-access.ts";
import { defineEndpoint } from "../http/endpoint.ts";
import { jsonReply } from "../http/reply.ts";
import { openSubject } from "../request-context.ts";
import { atLeastHeader, readAtLeast } from "./at-least-header.ts";
import { decisionHeader } from "./decision-header.ts";
import { documentedErrors } from "./documented-errors.ts";
import { replyHeaders } from "./reply-headers.ts";

export const customerAccess = defineEndpoint(
  {
    operationId: "getCustomerAccess",
    tags: ["Access"],
    summary: "Get a customer's access",
    description:
      "The decision and the customer's status, with every entitlement that has not ended or ended within the last 30 days: at most 100, newest first.",
    request: { params: z.object({ subject_ref: subjectRefSchema }), headers: atLeastHeader },
    responses: {
      200: {
        description: "The customer's access.",
        headers: replyHeaders({ decision: true }),
        content: { "application/json": { schema: customerAccessReplySchema } },
      },
      ...documentedErrors({ body: false }),
    },
  },
  async (c) => {
    const { subject_ref } = c.req.valid("param");
    const subject = openSubject(c, subject_ref);
    // Answered by the subject itself, which is never older: only the form counts.
    readAtLeast(c, subject.identity);
    const reading = await subject.read();
    const reply = buildCustomerAccess(subject_ref, reading);
    return jsonReply(c, reply, { headers: decisionHeader(c, subject.identity, reading) });
  },
);
