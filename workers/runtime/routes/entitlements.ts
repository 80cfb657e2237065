import { z } from "@hono/zod-openapi";
import {
  type EntitlementListReply,
  entitlementListQuerySchema,
  entitlementListReplySchema,
} from "../../../shared/contract/entitlements.ts";
import { subjectRefSchema } from "../../../shared/contract/subject-ref.ts";
import { sortNewestFirst } from "../../../shared/domain/entitlement.ts";
import { defineEndpoint } from "../http/endpoint.ts";
import { jsonReply } from "../http/reply.ts";
import { invalidRequest } from "../http/validation-errors.ts";
import { openSubject } from "../request-context.ts";
import { decisionHeader } from "./decision-header.ts";
import { documentedErrors } from "./documented-errors.ts";
import { entitlementView } from "./entitlement-view.ts";

export const entitlements = defineEndpoint(
  {
    summary: "List entitlements",
    description: "Every entitlement the subject ever had, newest first, in pages.",
    request: {
      params: z.object({ subject_ref: subjectRefSchema }),
      query: entitlementListQuerySchema,
    },
    responses: {
      200: {
        description: "One page.",
        content: { "application/json": { schema: entitlementListReplySchema } },
      },
      ...documentedErrors({ body: false }),
    },
  },
  async (c) => {
    const { subject_ref } = c.req.valid("param");
    const { limit, starting_after } = c.req.valid("query");
    const subject = openSubject(c, subject_ref);
    const reading = await subject.read();
    const all = sortNewestFirst(reading.entitlements);
    const start =
      starting_after === undefined
        ? 0
        : all.findIndex(({ entitlementId }) => entitlementId === starting_after) + 1;
    if (starting_after !== undefined && start === 0)
      throw invalidRequest([{ path: "starting_after", message: "is not an entitlement of this subject" }]);
    const page = all.slice(start, start + limit);
    const reply: EntitlementListReply = {
      subject_ref,
      entitlements: page.map((entitlement) => entitlementView(entitlement, reading)),
      has_more: start + page.length < all.length,
    };
    return jsonReply(c, reply, { headers: decisionHeader(c, subject.identity, reading) });
  },
);
