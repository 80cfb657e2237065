import type { Moment } from "./entitlement.ts";
import type { Cause, Entitlements, EntryDraft, IdempotencyRecord, UsageReply } from "./ledger.ts";
import { LotChanges } from "./lots.ts";

export interface ConsumeCommand {
  units: number;
  idempotency: Omit<IdempotencyRecord, "reply">;
  cause: Cause;
}

export type ConsumeDecision =
  | { outcome: "refused"; code: "insufficient_usage"; usageRemaining: number }
  | { outcome: "change"; draft: EntryDraft; reply: UsageReply };

/** Spends `command.units` across usable packs: all units or none. */
export function decideConsume(
  entitlements: Entitlements,
  command: ConsumeCommand,
  now: Moment,
): ConsumeDecision {
  const lots = new LotChanges(entitlements, now);
  if (lots.draw(command.units, "consumed") === null)
    return { outcome: "refused", code: "insufficient_usage", usageRemaining: lots.remaining() };
  const reply = { consumed: command.units, usageRemaining: lots.remaining() };
  return {
    outcome: "change",
    reply,
    draft: {
      operation: "consume",
      touched: lots.touched(),
      records: [],
      source: "runtime",
      reason: "usage_consumed",
      actor: null,
      idempotency: { ...command.idempotency, reply },
      cause: command.cause,
    },
  };
}
