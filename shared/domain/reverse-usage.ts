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
  let returned = 0;
  for (const drawn of taken.toReversed()) {
    const part = lots.findEnd(drawn) === null ? Math.min(drawn.units, wanted - returned) : 0;
    if (part > 0) lots.move(drawn.entitlementId, "consumed", part);
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

/**
 * Lists the units that the entry spent, by lot, in the order in which they were drawn. What a settle spent may have
 * been reserved before its lot's purchase was taken back.
 */
function listConsumed({ operation, touched }: LedgerEntry): LotUnits[] {
  return touched.flatMap((each) => {
    const units = unitsConsumed(each);
    const { entitlementId, unitsClawedBack } = each.entitlement;
    const isAfter = operation === "consume" && unitsClawedBack !== null;
    const after = isAfter ? { afterClawBack: true as const } : {};
    return units === 0 ? [] : [{ entitlementId, units, ...after }];
  });
}
