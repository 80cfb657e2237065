import {
  type ReleaseReply,
  releaseReplySchema,
  releaseRequestSchema,
} from "../../../shared/contract/reservations.ts";
import type { UsageReply } from "../../../shared/domain/ledger.ts";
import { defineEndpoint } from "../http/endpoint.ts";
import { replyToUsage, toUsageRequest, usageDocs } from "./usage-request.ts";

export const usageRelease = defineEndpoint(
  usageDocs({
    operationId: "releaseUsage",
    summary: "Release a reservation",
    description:
      "Gives back every unit that the reservation holds, each to the pack it came from. Units of a pack that was refunded or expired meanwhile do not become available again.",
    body: releaseRequestSchema,
    reply: releaseReplySchema,
    meaning: "The units are no longer held.",
    errors: ["reservation_not_found", "reservation_closed", "reservation_expired"],
  }),
  (c) => {
    const { "Idempotency-Key": key } = c.req.valid("header");
    const body = c.req.valid("json");
    const { subject_ref, reservation_id: reservationId } = body;
    const request = toUsageRequest(c, "usage/release", key, body);
    return replyToUsage(c, subject_ref, { type: "release", reservationId, ...request }, toReply);
  },
);

const toReply = ({ released = 0, usageRemaining }: UsageReply) =>
  ({ ok: true, released, usage_remaining: usageRemaining }) satisfies ReleaseReply;
