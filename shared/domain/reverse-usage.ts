import type { Moment } from "./entitlement.ts";
import { type LedgerEntry, type SubjectState, unitsConsumed } from "./ledger.ts";
import { LotChanges, type LotUnits } from "./lots.ts";
import { refuse, toChange, type UsageDecision, type UsageRequest } from "./usage-entry.ts";

export interface ReverseCommand extends UsageRequest {
  type: "reverse";
  /** The idempotency key of the consume or settle. */
  consumeKey: string;
  /** `null` for everything that it took. */
  units: number | null;
}

/**
 * Gives back what `entry` took, at most `units`. The lot that was drawn from last gets its units first. Units of a
 * lot that ended meanwhile are forfeited.
 */
export function decideReverse(
  state: SubjectState,
  entry: LedgerEntry,
  command: ReverseCommand,
  now: Moment,
): UsageDecision {
  const taken = listConsumed(entry);
  const total = taken.reduce((sum, { units }) => sum + units, 0);
  if (total === 0) return refuse({ code: "not_found" });
  const wanted = Math.min(command.units ?? total, total);
  const lots = new LotChanges(state.entitlements, now);
  // What a settle spent left its lots when it was reserved.
  const takenAt = entry.reservation?.createdAt ?? entry.at;
  let returned = 0;
  for (const { entitlementId, units } of taken.toReversed()) {
    const isOpen = lots.endSince(entitlementId, takenAt) === null;
    const part = isOpen ? Math.min(units, wanted - returned) : 0;
    if (part > 0) lots.move(entitlementId, "consumed", part);
    returned += part;
  }
  const reply = {
    consumed: 0,
    usageRemaining: lots.remaining(),
    returned,
    forfeited: wanted - returned,
  };
  const reverses = { sequence: entry.sequence, at: entry.at };
  return toChange(command, lots, reply, { operation: "reverse", reason: "usage_reversed", reverses });
}

/** Lists the units that the entry spent, by lot, in the order in which they were drawn. */
function listConsumed({ touched }: LedgerEntry): LotUnits[] {
  return touched.flatMap((each) => {
    const units = unitsConsumed(each);
    return units === 0 ? [] : [{ entitlementId: each.entitlement.entitlementId, units }];
  });
}
