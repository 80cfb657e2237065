import { createRoute, z } from "@hono/zod-openapi";
import {
  type EntitlementListReply,
  entitlementListQuerySchema,
  entitlementListReplySchema,
} from "../../../shared/contract/entitlements.ts";
import { subjectRefSchema } from "../../../shared/contract/subject-ref.ts";
import { newestFirst } from "../../../shared/domain/entitlement.ts";
import { remainingMs } from "../../../shared/kit/timeout.ts";
import { invalidRequest, readQuery, readSubjectInPath } from "../middleware/read-input.ts";
import { jsonReply } from "../reply.ts";
import { namedSubject, type RuntimeContext } from "../request-context.ts";
import { callSubject } from "../subject-stub.ts";
import { timeouts } from "../timeouts.ts";
import { decisionHeader } from "./decision-header.ts";
import { documentedErrors } from "./documented-errors.ts";
import { entitlementView } from "./entitlement-view.ts";

export const entitlementsDocs = createRoute({
  method: "get",
  path: "/v1/entitlements/{subject_ref}",
  summary: "All entitlements of a subject",
  description: "Every entitlement there ever was, newest first, in pages.",
  security: [{ apiKey: [] }],
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
});

export async function entitlements(c: RuntimeContext): Promise<Response> {
  const subjectRef = readSubjectInPath(c);
  const query = readQuery(c, entitlementListQuerySchema);
  const identity = namedSubject(c, subjectRef);
  const reading = await callSubject(
    c.env,
    identity,
    (subject) => subject.read(),
    remainingMs(c.startedAt, timeouts.read),
  );
  const all = newestFirst(reading.entitlements);
  const start =
    query.starting_after === undefined
      ? 0
      : all.findIndex(({ entitlementId }) => entitlementId === query.starting_after) + 1;
  if (query.starting_after !== undefined && start === 0)
    throw invalidRequest([{ path: "starting_after", message: "is not an entitlement of this subject" }]);
  const page = all.slice(start, start + query.limit);
  const reply: EntitlementListReply = {
    subject_ref: subjectRef,
    entitlements: page.map((entitlement) => entitlementView(entitlement, reading.at)),
    has_more: start + page.length < all.length,
  };
  return jsonReply(c, reply, { headers: decisionHeader(c, identity, reading) });
}
