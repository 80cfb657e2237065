import {
  type SettleReply,
  settleReplySchema,
  settleRequestSchema,
} from "../../../shared/contract/reservations.ts";
import type { UsageReply } from "../../../shared/domain/ledger.ts";
import { defineEndpoint } from "../http/endpoint.ts";
import { replyToUsage, toUsageRequest, usageDocs } from "./usage-request.ts";

export const usageSettle = defineEndpoint(
  usageDocs({
    operationId: "settleUsage",
    summary: "Settle a reservation",
    description:
      "Spends what the job used and releases the rest. The packs that expire soonest pay first. For 24 hours after the reservation expired, the units are drawn from the balance, also in parts.",
    body: settleRequestSchema,
    reply: settleReplySchema,
    meaning: "The units were consumed, durably.",
    errors: ["reservation_not_found", "reservation_closed", "reservation_expired", "exceeds_reservation"],
  }),
  (c) => {
    const { "Idempotency-Key": key } = c.req.valid("header");
    const body = c.req.valid("json");
    const { subject_ref, reservation_id, units, allow_more, keep_open } = body;
    const request = toUsageRequest(c, "usage/settle", key, body);
    const terms = { reservationId: reservation_id, units, allowMore: allow_more, keepOpen: keep_open };
    return replyToUsage(c, subject_ref, { type: "settle", ...terms, ...request }, toReply);
  },
);

const toReply = ({ consumed, released = 0, usageRemaining }: UsageReply) =>
  ({ ok: true, consumed, released, usage_remaining: usageRemaining }) satisfies SettleReply;
