import { createRoute } from "@hono/zod-openapi";
import {
  type AccessCheckReply,
  accessCheckReplySchema,
  accessCheckRequestSchema,
} from "../../../shared/contract/access.ts";
import { remainingMs } from "../../../shared/kit/timeout.ts";
import { countCheck } from "../activity.ts";
import { readJson } from "../middleware/read-input.ts";
import { jsonReply } from "../reply.ts";
import { namedSubject, type RuntimeContext } from "../request-context.ts";
import { unpack } from "../subject/packed.ts";
import { callSubject } from "../subject-stub.ts";
import { timeouts } from "../timeouts.ts";
import { decisionHeader } from "./decision-header.ts";
import { documentedErrors } from "./documented-errors.ts";

export const accessCheckDocs = createRoute({
  method: "post",
  path: "/v1/access/check",
  summary: "May this subject proceed?",
  description:
    "Allowed means that at least one entitlement is usable now. A subject nobody has heard of is denied with `no_entitlement`.",
  security: [{ apiKey: [] }],
  request: {
    body: { required: true, content: { "application/json": { schema: accessCheckRequestSchema } } },
  },
  responses: {
    200: {
      description: "The decision.",
      content: { "application/json": { schema: accessCheckReplySchema } },
    },
    ...documentedErrors({ body: true }),
  },
});

export async function accessCheck(c: RuntimeContext): Promise<Response> {
  const { subject_ref } = await readJson(c, accessCheckRequestSchema);
  const identity = namedSubject(c, subject_ref);
  const answer = await callSubject(
    c.env,
    identity,
    (subject) => subject.packedCheck(),
    remainingMs(c.startedAt, timeouts.check),
  );
  const { decision, ...moment } = unpack(answer);
  c.note(decision);
  countCheck(c.caller, decision.allowed);
  const reply: AccessCheckReply = decision.allowed
    ? { subject_ref, allowed: true }
    : { subject_ref, allowed: false, reason: decision.reason };
  return jsonReply(c, reply, { headers: decisionHeader(c, identity, moment) });
}
