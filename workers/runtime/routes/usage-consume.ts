import { createRoute } from "@hono/zod-openapi";
import {
  type ConsumeReply,
  consumeReplySchema,
  consumeRequestSchema,
} from "../../../shared/contract/usage.ts";
import { canonicalJson } from "../../../shared/kit/canonical-json.ts";
import { sha256Hex } from "../../../shared/kit/hash.ts";
import { remainingMs } from "../../../shared/kit/timeout.ts";
import { readIdempotencyKey, readJson } from "../middleware/read-input.ts";
import { requireLivePlan } from "../middleware/require-live-plan.ts";
import { jsonReply, RequestRefused } from "../reply.ts";
import { namedSubject, type RuntimeContext } from "../request-context.ts";
import type { ConsumeCall } from "../subject/answers.ts";
import { pack, unpack } from "../subject/packed.ts";
import { callSubject } from "../subject-stub.ts";
import { timeouts } from "../timeouts.ts";
import { decisionHeader } from "./decision-header.ts";
import { documentedErrors } from "./documented-errors.ts";
import { idempotencyHeader, replayedHeader } from "./idempotency-headers.ts";

export const usageConsumeDocs = createRoute({
  method: "post",
  path: "/v1/usage/consume",
  summary: "Spend credits",
  description:
    "All or nothing. Draws from usable packs, soonest to expire first, then oldest, and may span packs. A retry with the same `Idempotency-Key` gets the same answer, also months later.",
  security: [{ apiKey: [] }],
  request: {
    headers: idempotencyHeader,
    body: { required: true, content: { "application/json": { schema: consumeRequestSchema } } },
  },
  responses: {
    200: {
      description: "The units are spent, durably.",
      headers: replayedHeader,
      content: { "application/json": { schema: consumeReplySchema } },
    },
    ...documentedErrors({
      body: true,
      more: [
        "missing_idempotency_key",
        "invalid_idempotency_key",
        "plan_mode_not_allowed",
        "insufficient_usage",
        "idempotency_conflict",
      ],
    }),
  },
});

export async function usageConsume(c: RuntimeContext): Promise<Response> {
  const key = readIdempotencyKey(c);
  const body = await readJson(c, consumeRequestSchema);
  requireLivePlan(c.caller);
  const identity = namedSubject(c, body.subject_ref);
  const call = pack({
    identity,
    command: {
      units: body.units,
      idempotency: { endpoint: "usage/consume", key, requestHash: sha256Hex(canonicalJson(body)) },
      cause: { type: "request", id: c.requestId },
    },
  } satisfies ConsumeCall);
  const answer = await callSubject(
    c.env,
    identity,
    (subject) => subject.packedConsume(call),
    remainingMs(c.startedAt, timeouts.consume),
  );
  const result = unpack(answer);
  const headers = decisionHeader(c, identity, result);
  switch (result.outcome) {
    case "consumed": {
      const { consumed, usageRemaining } = result.reply;
      c.note({ units: consumed, replayed: result.replayed });
      const reply: ConsumeReply = { ok: true, consumed, usage_remaining: usageRemaining };
      return jsonReply(c, reply, {
        headers: result.replayed ? { ...headers, "Idempotency-Replayed": "true" } : headers,
      });
    }
    case "insufficient_usage":
      throw new RequestRefused(
        "insufficient_usage",
        `${body.units} units were asked for and ${result.usageRemaining} are left. Nothing was consumed.`,
        { headers },
      );
    case "idempotency_conflict":
      throw new RequestRefused(
        "idempotency_conflict",
        "This Idempotency-Key was used before with another body. Use a new key for a new event.",
        { headers },
      );
  }
}
