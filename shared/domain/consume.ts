import { getAvailability } from "./availability.ts";
import type { Entitlement, Moment } from "./entitlement.ts";
import type { Cause, EntryDraft, IdempotencyRecord } from "./ledger.ts";

export interface ConsumeCommand {
  units: number;
  idempotency: Omit<IdempotencyRecord, "reply">;
  cause: Cause;
}

export type ConsumeDecision =
  | { outcome: "refused"; code: "insufficient_usage"; usageRemaining: number }
  | { outcome: "change"; draft: EntryDraft; reply: IdempotencyRecord["reply"] };

/**
 * Returns the packs usable at `now` in the order they are drawn from: soonest to expire first, then oldest.
 */
function findUsablePacks(entitlements: Iterable<Entitlement>, now: Moment): Entitlement[] {
  const packs: Entitlement[] = [];
  for (const entitlement of entitlements)
    if (entitlement.kind === "usage_pack" && getAvailability(entitlement, now).usable)
      packs.push(entitlement);
  // Two packs that never expire give NaN here. `||` treats NaN as equal, so these packs compare by age.
  return packs.sort(
    (a, b) =>
      (a.expiresAt ?? Number.POSITIVE_INFINITY) - (b.expiresAt ?? Number.POSITIVE_INFINITY) ||
      a.paidAt - b.paidAt ||
      (a.entitlementId < b.entitlementId ? -1 : 1),
  );
}

export function getUsageRemaining(entitlements: Iterable<Entitlement>, now: Moment): number {
  return findUsablePacks(entitlements, now).reduce((sum, pack) => sum + (pack.unitsRemaining ?? 0), 0);
}

/** Spends `command.units` across usable packs: all units or none. */
export function decideConsume(
  entitlements: Iterable<Entitlement>,
  command: ConsumeCommand,
  now: Moment,
): ConsumeDecision {
  const packs = findUsablePacks(entitlements, now);
  const available = packs.reduce((sum, pack) => sum + (pack.unitsRemaining ?? 0), 0);
  if (available < command.units)
    return { outcome: "refused", code: "insufficient_usage", usageRemaining: available };

  const touched: EntryDraft["touched"] = [];
  let outstanding = command.units;
  for (const pack of packs) {
    if (outstanding === 0) break;
    const left = pack.unitsRemaining ?? 0;
    const drawn = Math.min(outstanding, left);
    outstanding -= drawn;
    touched.push({
      entitlement: { ...pack, unitsRemaining: left - drawn, updatedAt: now },
      units: [{ movement: "consumed", change: -drawn }],
    });
  }
  const reply = { consumed: command.units, usageRemaining: available - command.units };
  return {
    outcome: "change",
    reply,
    draft: {
      operation: "consume",
      touched,
      records: [],
      source: "runtime",
      reason: "usage_consumed",
      actor: null,
      idempotency: { ...command.idempotency, reply },
      cause: command.cause,
    },
  };
}
