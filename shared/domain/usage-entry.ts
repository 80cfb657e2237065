import type { Moment } from "./entitlement.ts";
import type { Cause, EntryDraft, IdempotencyRecord, UsageReply } from "./ledger.ts";
import type { LotChanges } from "./lots.ts";

/** What every request of the usage endpoints has. */
export interface UsageRequest {
  idempotency: Omit<IdempotencyRecord, "reply">;
  cause: Cause;
}

/** Why a usage request is refused. Nothing was consumed, reserved or given back. */
export type UsageRefusal =
  | { code: "insufficient_usage"; usageRemaining: number }
  | { code: "too_many_reservations" }
  | { code: "reservation_not_found" }
  | { code: "reservation_closed" }
  | { code: "reservation_expired"; expiredAt: Moment }
  | { code: "exceeds_reservation"; held: number; usageRemaining: number }
  /** No consume or settle has this key, or it is too old to be given back. */
  | { code: "not_found" }
  | { code: "already_reversed" };

/** `noted`: refused, with an entry that records what the customer was not billed for. */
export type UsageDecision =
  | { outcome: "refused"; refusal: UsageRefusal }
  | { outcome: "change"; draft: EntryDraft; reply: UsageReply }
  | { outcome: "change"; draft: EntryDraft; noted: UsageRefusal };

export const refuse = (refusal: UsageRefusal): UsageDecision => ({ outcome: "refused", refusal });

/** Builds the decision of a request that changes lots or a reservation. */
export function toChange(
  { idempotency, cause }: UsageRequest,
  lots: LotChanges,
  reply: UsageReply,
  entry: Pick<EntryDraft, "operation" | "reason" | "reservation" | "reverses">,
): UsageDecision {
  const { operation, reason, ...more } = entry;
  return {
    outcome: "change",
    reply,
    draft: {
      operation,
      touched: lots.touched(),
      records: [],
      source: "runtime",
      reason,
      actor: null,
      idempotency: { ...idempotency, reply },
      cause,
      ...more,
      ...(lots.revives() ? { revives: true as const } : {}),
    },
  };
}
