import type { UsageReply } from "../../../shared/domain/ledger.ts";
import type { UsageCommand } from "./memory-subject.ts";

/** The body of a reply to a usage request. */
export function replyToUsage(type: UsageCommand["type"], reply: UsageReply): object {
  const { consumed, released = 0, returned = 0, forfeited = 0, usageRemaining: usage_remaining } = reply;
  switch (type) {
    case "consume":
      return { ok: true, consumed, usage_remaining };
    case "reserve":
      return {
        ok: true,
        reservation_id: reply.reservationId,
        reserved: reply.reserved,
        usage_remaining,
        expires_at: new Date(reply.expiresAt ?? 0).toISOString(),
      };
    case "settle":
      return { ok: true, consumed, released, usage_remaining };
    case "release":
      return { ok: true, released, usage_remaining };
    case "reverse":
      return { ok: true, returned, forfeited, usage_remaining };
  }
}
