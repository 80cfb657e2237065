import { createRoute, z } from "@hono/zod-openapi";
import {
  type CustomerAccessReply,
  customerAccessReplySchema,
} from "../../../shared/contract/entitlements.ts";
import { subjectRefSchema } from "../../../shared/contract/subject-ref.ts";
import { statusAt } from "../../../shared/domain/availability.ts";
import { customerStatus } from "../../../shared/domain/decision.ts";
import { dayMs, type Entitlement, type Moment, newestFirst } from "../../../shared/domain/entitlement.ts";
import { remainingMs } from "../../../shared/kit/timeout.ts";
import { readSubjectInPath } from "../middleware/read-input.ts";
import { jsonReply } from "../reply.ts";
import { namedSubject, type RuntimeContext } from "../request-context.ts";
import { callSubject } from "../subject-stub.ts";
import { timeouts } from "../timeouts.ts";
import { decisionHeader } from "./decision-header.ts";
import { documentedErrors } from "./documented-errors.ts";
import { entitlementView } from "./entitlement-view.ts";

const maxListed = 100;
const endedListedMs = 30 * dayMs;

export const customerAccessDocs = createRoute({
  method: "get",
  path: "/v1/customer/access/{subject_ref}",
  summary: "Where a customer stands",
  description:
    "The decision in one word, and every entitlement that has not ended or ended within the last 30 days, at most 100, newest first.",
  security: [{ apiKey: [] }],
  request: { params: z.object({ subject_ref: subjectRefSchema }) },
  responses: {
    200: {
      description: "The standing.",
      content: { "application/json": { schema: customerAccessReplySchema } },
    },
    ...documentedErrors({ body: false }),
  },
});

export async function customerAccess(c: RuntimeContext): Promise<Response> {
  const subjectRef = readSubjectInPath(c);
  const identity = namedSubject(c, subjectRef);
  const reading = await callSubject(
    c.env,
    identity,
    (subject) => subject.read(),
    remainingMs(c.startedAt, timeouts.read),
  );
  const { decision, at } = reading;
  const listed = newestFirst(reading.entitlements.filter((entitlement) => isListed(entitlement, at)));
  const reply: CustomerAccessReply = {
    subject_ref: subjectRef,
    has_access: decision.allowed,
    status: customerStatus(decision),
    reason: decision.allowed ? null : decision.reason,
    usage_remaining: reading.usageRemaining,
    entitlements: listed.slice(0, maxListed).map((entitlement) => entitlementView(entitlement, at)),
    has_more: listed.length > maxListed,
    as_of: new Date(at).toISOString(),
  };
  return jsonReply(c, reply, { headers: decisionHeader(c, identity, reading) });
}

function isListed(entitlement: Entitlement, now: Moment): boolean {
  const status = statusAt(entitlement, now);
  if (status !== "canceled" && status !== "expired") return true;
  const endedAt =
    (status === "canceled" ? entitlement.canceledAt : entitlement.expiresAt) ?? entitlement.updatedAt;
  return endedAt > now - endedListedMs;
}
