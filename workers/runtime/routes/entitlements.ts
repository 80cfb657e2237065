import { z } from "@hono/zod-openapi";
import {
  entitlementListQuerySchema,
  entitlementListReplySchema,
} from "../../../shared/contract/entitlements.ts";
import { subjectRefSchema } from "../../../shared/contract/subject-ref.ts";
import { buildEntitlementPage } from "../../../shared/domain/entitlement-page.ts";
import { defineEndpoint } from "../http/endpoint.ts";
import { invalidRequest } from "../http/invalid-request.ts";
import { jsonReply } from "../http/reply.ts";
import { openSubject } from "../request-context.ts";
import { atLeastHeader, readAtLeast } from "./at-least-header.ts";
import { decisionHeader } from "./decision-header.ts";
import { documentedErrors } from "./documented-errors.ts";
import { replyHeaders } from "./reply-headers.ts";

export const entitlements = defineEndpoint(
  {
    operationId: "listEntitlements",
    tags: ["Access"],
    summary: "List entitlements",
    description: "Every entitlement the subject ever had, newest first, in pages.",
    request: {
      params: z.object({ subject_ref: subjectRefSchema }),
      query: entitlementListQuerySchema,
      headers: atLeastHeader,
    },
    responses: {
      200: {
        description: "One page.",
        headers: replyHeaders({ decision: true }),
        content: { "application/json": { schema: entitlementListReplySchema } },
      },
      ...documentedErrors({ body: false }),
    },
  },
  async (c) => {
    const { subject_ref } = c.req.valid("param");
    const { limit, starting_after } = c.req.valid("query");
    const subject = openSubject(c, subject_ref);
    // Answered by the subject itself, which is never older: only the form counts.
    readAtLeast(c, subject.identity);
    const reading = await subject.read();
    const reply = buildEntitlementPage(subject_ref, reading, { limit, after: starting_after });
    if (reply === null)
      throw invalidRequest([{ path: "starting_after", message: "is not an entitlement of this subject" }]);
    return jsonReply(c, reply, { headers: decisionHeader(c, subject.identity, reading) });
  },
);
