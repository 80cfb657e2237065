import { z } from "@hono/zod-openapi";
import {
  type CustomerAccessReply,
  customerAccessReplySchema,
} from "../../../shared/contract/entitlements.ts";
import { subjectRefSchema } from "../../../shared/contract/subject-ref.ts";
import { statusAt } from "../../../shared/domain/availability.ts";
import { toCustomerStatus } from "../../../shared/domain/decision.ts";
import { dayMs, type Entitlement, type Moment, sortNewestFirst } from "../../../shared/domain/entitlement.ts";
import { defineEndpoint } from "../http/endpoint.ts";
import { jsonReply } from "../http/reply.ts";
import { openSubject } from "../request-context.ts";
import { decisionHeader } from "./decision-header.ts";
import { documentedErrors } from "./documented-errors.ts";
import { entitlementView } from "./entitlement-view.ts";

const maxListed = 100;
const endedListedMs = 30 * dayMs;

export const customerAccess = defineEndpoint(
  {
    summary: "Get a customer's access",
    description:
      "The decision and the customer's status, with every entitlement that has not ended or ended within the last 30 days: at most 100, newest first.",
    request: { params: z.object({ subject_ref: subjectRefSchema }) },
    responses: {
      200: {
        description: "The customer's access.",
        content: { "application/json": { schema: customerAccessReplySchema } },
      },
      ...documentedErrors({ body: false }),
    },
  },
  async (c) => {
    const { subject_ref } = c.req.valid("param");
    const subject = openSubject(c, subject_ref);
    const reading = await subject.read();
    const { decision, at } = reading;
    const listed = sortNewestFirst(reading.entitlements.filter((entitlement) => isListed(entitlement, at)));
    const reply: CustomerAccessReply = {
      subject_ref,
      has_access: decision.allowed,
      status: toCustomerStatus(decision),
      reason: decision.allowed ? null : decision.reason,
      usage_remaining: reading.usageRemaining,
      usage_reserved: Object.values(reading.reservedByEntitlement).reduce((sum, units) => sum + units, 0),
      entitlements: listed.slice(0, maxListed).map((entitlement) => entitlementView(entitlement, reading)),
      has_more: listed.length > maxListed,
      as_of: new Date(at).toISOString(),
    };
    return jsonReply(c, reply, { headers: decisionHeader(c, subject.identity, reading) });
  },
);

function isListed(entitlement: Entitlement, now: Moment): boolean {
  const status = statusAt(entitlement, now);
  if (status !== "canceled" && status !== "expired") return true;
  const endedAt =
    (status === "canceled" ? entitlement.canceledAt : entitlement.expiresAt) ?? entitlement.updatedAt;
  return endedAt > now - endedListedMs;
}
