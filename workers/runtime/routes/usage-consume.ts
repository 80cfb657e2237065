import {
  type ConsumeReply,
  consumeReplySchema,
  consumeRequestSchema,
} from "../../../shared/contract/usage.ts";
import { canonicalJson } from "../../../shared/kit/canonical-json.ts";
import { sha256Hex } from "../../../shared/kit/hash.ts";
import { ApiError } from "../http/api-error.ts";
import { defineEndpoint } from "../http/endpoint.ts";
import { jsonReply } from "../http/reply.ts";
import { requireLivePlan } from "../http/require-live-plan.ts";
import { addLogFields, openSubject } from "../request-context.ts";
import { decisionHeader } from "./decision-header.ts";
import { documentedErrors } from "./documented-errors.ts";
import { idempotencyHeader } from "./idempotency-header.ts";
import { replyHeaders } from "./reply-headers.ts";

export const usageConsume = defineEndpoint(
  {
    operationId: "consumeUsage",
    tags: ["Usage"],
    summary: "Consume units",
    description:
      "All or nothing. Draws from usable packs, soonest to expire first, then oldest, and may span packs. A retry with the same `Idempotency-Key` returns the original response, also months later.",
    request: {
      headers: idempotencyHeader,
      body: { required: true, content: { "application/json": { schema: consumeRequestSchema } } },
    },
    responses: {
      200: {
        description: "The units were consumed, durably.",
        headers: replyHeaders({ decision: true, replayed: true }),
        content: { "application/json": { schema: consumeReplySchema } },
      },
      ...documentedErrors({
        body: true,
        decision: true,
        more: [
          "missing_idempotency_key",
          "invalid_idempotency_key",
          "plan_mode_not_allowed",
          "insufficient_usage",
          "idempotency_conflict",
        ],
      }),
    },
  },
  async (c) => {
    const { "Idempotency-Key": key } = c.req.valid("header");
    const body = c.req.valid("json");
    requireLivePlan(c.get("caller"));
    const subject = openSubject(c, body.subject_ref);
    const result = await subject.consume({
      units: body.units,
      idempotency: { endpoint: "usage/consume", key, requestHash: sha256Hex(canonicalJson(body)) },
      cause: { type: "request", id: c.get("requestId") },
    });
    const headers = decisionHeader(c, subject.identity, result);
    switch (result.outcome) {
      case "consumed": {
        const { consumed, usageRemaining } = result.reply;
        addLogFields(c, { units: consumed, replayed: result.replayed });
        const reply: ConsumeReply = { ok: true, consumed, usage_remaining: usageRemaining };
        return jsonReply(c, reply, {
          headers: result.replayed ? { ...headers, "Idempotency-Replayed": "true" } : headers,
        });
      }
      case "insufficient_usage":
        throw new ApiError(
          "insufficient_usage",
          `Insufficient units: requested ${body.units}, available ${result.usageRemaining}. Nothing was consumed.`,
          { headers },
        );
      case "idempotency_conflict":
        throw new ApiError(
          "idempotency_conflict",
          "This Idempotency-Key was already used with different parameters. Use a new key.",
          { headers },
        );
    }
  },
);
