import {
  type ReserveReply,
  reserveReplySchema,
  reserveRequestSchema,
} from "../../../shared/contract/reservations.ts";
import type { UsageReply } from "../../../shared/domain/ledger.ts";
import { defineEndpoint } from "../http/endpoint.ts";
import { requireLivePlan } from "../http/require-live-plan.ts";
import { replyToUsage, toUsageRequest, usageDocs } from "./usage-request.ts";

export const usageReserve = defineEndpoint(
  usageDocs({
    operationId: "reserveUsage",
    summary: "Reserve units",
    description:
      "For a job with a cost that is known when it is over: holds units, so that no other job spends them. All or nothing, from usable packs in the order of a consume. Settle or release the reservation when the job ends; otherwise it expires.",
    body: reserveRequestSchema,
    reply: reserveReplySchema,
    status: 201,
    meaning: "The units are held, durably.",
    errors: ["plan_mode_not_allowed", "insufficient_usage", "too_many_reservations"],
  }),
  (c) => {
    const { "Idempotency-Key": key } = c.req.valid("header");
    const body = c.req.valid("json");
    // Settle and release need no plan: work under way is billed whatever the plan is.
    requireLivePlan(c.get("caller"));
    const { subject_ref, units, expires_in_seconds, on_expiry } = body;
    const request = toUsageRequest(c, "usage/reserve", key, body);
    const terms = { units, expiresInMs: expires_in_seconds * 1_000, onExpiry: on_expiry };
    return replyToUsage(c, subject_ref, { type: "reserve", ...terms, ...request }, toReply, 201);
  },
);

const toReply = ({ reservationId = "", reserved = 0, usageRemaining, expiresAt = 0 }: UsageReply) =>
  ({
    ok: true,
    reservation_id: reservationId,
    reserved,
    usage_remaining: usageRemaining,
    expires_at: new Date(expiresAt).toISOString(),
  }) satisfies ReserveReply;
