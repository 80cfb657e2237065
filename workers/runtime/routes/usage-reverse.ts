import {
  type ReverseReply,
  reverseReplySchema,
  reverseRequestSchema,
} from "../../../shared/contract/reservations.ts";
import type { UsageReply } from "../../../shared/domain/ledger.ts";
import { defineEndpoint } from "../http/endpoint.ts";
import { replyToUsage, toUsageRequest, usageDocs } from "./usage-request.ts";

export const usageReverse = defineEndpoint(
  usageDocs({
    operationId: "reverseUsage",
    summary: "Give back consumed units",
    description:
      "Gives back what a consume or settle took, once, for example after a failed job. Units return to the packs they came from; those of a pack that has ended are forfeited. Where a consume and a settle have the same key, the consume is given back. Possible for 90 days.",
    body: reverseRequestSchema,
    reply: reverseReplySchema,
    meaning: "The units are available again, durably.",
    errors: ["not_found", "already_reversed"],
  }),
  (c) => {
    const { "Idempotency-Key": key } = c.req.valid("header");
    const body = c.req.valid("json");
    const { subject_ref, consume_key: consumeKey, units = null } = body;
    const request = toUsageRequest(c, "usage/reverse", key, body);
    return replyToUsage(c, subject_ref, { type: "reverse", consumeKey, units, ...request }, toReply);
  },
);

const toReply = ({ returned = 0, forfeited = 0, usageRemaining }: UsageReply) =>
  ({ ok: true, returned, forfeited, usage_remaining: usageRemaining }) satisfies ReverseReply;
