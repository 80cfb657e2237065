import { hasExpired } from "./availability.ts";
import { clawBack, clawBackAllBut, recordClawBack, returnUnits } from "./clawback.ts";
import type { Entitlement, Hold, Moment } from "./entitlement.ts";
import { expireUnits, undoExpiry } from "./expire.ts";
import { type ImpliedHold, updateHolds } from "./holds.ts";
import type { Entitlements, TouchedEntitlement } from "./ledger.ts";
import { recomputePassWindows } from "./pass-windows.ts";
import type { PaymentRecord } from "./stripe-record.ts";
import { findOpenDisputes, listDisputeIds, toReversalFlags, weighReversals } from "./weigh-reversals.ts";

/**
 * Applies refunds and disputes to a one-time purchase. A full reversal ends a pass and claws back a pack's
 * remaining units; a partial one is flagged. What an operator did after the reversal's own moment keeps its
 * effect, whenever Stripe reports the reversal. If the payment is no longer reversed in full, the entitlement
 * is restored. Spent units stay spent.
 */
function reversePurchase(entitlement: Entitlement, record: PaymentRecord, now: Moment): TouchedEntitlement {
  const { amountTotal = null, currency = null } = entitlement.purchase ?? {};
  const reversal = weighReversals([record], { amount: amountTotal, currency });
  const window = { from: null, until: null };
  const { recordId } = record;
  const relatedCauseIds = [recordId, ...listDisputeIds(record)];
  const disputes = findOpenDisputes([record]).map(
    ({ id, createdAt }): ImpliedHold => ({
      causeId: id,
      relatedCauseIds,
      reason: "dispute",
      placedAt: createdAt,
      window,
    }),
  );
  const { fullyReversedAt: placedAt } = reversal;
  const refunds: ImpliedHold[] =
    placedAt === null ? [] : [{ causeId: recordId, relatedCauseIds, reason: "refund", placedAt, window }];
  const holds = updateHolds(
    [...entitlement.holds, ...listReversalInEffect(entitlement, recordId, placedAt)],
    [...disputes, ...refunds],
  );
  const isInEffect = holds.some(({ causeId, liftedAt }) => causeId === recordId && liftedAt === null);
  const settled =
    placedAt !== null && isInEffect ? applyReversal(entitlement, placedAt) : removeReversal(entitlement);
  const after: Entitlement = {
    ...settled,
    // A full reversal needs no hold. One that an operator's lift precedes is only noted, as a lifted hold.
    holds: isInEffect ? holds.filter(({ causeId }) => causeId !== recordId) : holds,
    flags: toReversalFlags(reversal),
  };
  if (JSON.stringify(after) === JSON.stringify(entitlement)) return { entitlement, units: [] };
  return recordClawBack(entitlement, { ...after, updatedAt: now });
}

/** Returns the hold that a reversal in effect stands for. A lift of another hold does not lift it. */
function listReversalInEffect(entitlement: Entitlement, causeId: string, placedAt: Moment | null): Hold[] {
  if (placedAt === null || !isReversed(entitlement)) return [];
  return [{ causeId, reason: "refund", placedAt: entitlement.canceledAt ?? placedAt, liftedAt: null }];
}

/** A pack with units that an operator added after the reversal stays active. */
const isReversed = ({ status, statusReason, unitsClawedBack }: Entitlement) =>
  status === "canceled" ? statusReason === "refunded" : status === "active" && unitsClawedBack !== null;

function applyReversal(entitlement: Entitlement, reversedAt: Moment): Entitlement {
  // Already canceled for another reason, so no units are left to claw back.
  if (entitlement.status === "canceled" && !isReversed(entitlement)) return entitlement;
  if (entitlement.status === "active" && isReversed(entitlement)) return entitlement;
  // The moment may be known better than before. No unit of a canceled pack moves, so it is decided again.
  const before = isReversed(entitlement) ? returnUnits(entitlement) : entitlement;
  const added = countUnitsAddedAfter(before, reversedAt);
  if (added > 0) return clawBackAllBut(before, added);
  return {
    ...clawBack(settleExpiry(before, reversedAt), "refunded", reversedAt),
    ...(entitlement.kind === "time_pass"
      ? { startsAt: entitlement.paidAt, expiresAt: Math.max(entitlement.paidAt, reversedAt) }
      : {}),
  };
}

/**
 * Decides what happened first, whichever was recorded first: what expired before the reversal is not clawed
 * back, and what was reversed before the expiry did not expire.
 */
export function settleExpiry(entitlement: Entitlement, reversedAt: Moment): Entitlement {
  const { kind, unitsClawedBack, unitsExpired = 0 } = entitlement;
  if (kind !== "usage_pack") return entitlement;
  if (!hasExpired(entitlement, reversedAt)) return undoExpiry(entitlement);
  if (!isReversed(entitlement)) return expireUnits(entitlement);
  return unitsClawedBack
    ? { ...entitlement, unitsExpired: unitsExpired + unitsClawedBack, unitsClawedBack: 0 }
    : entitlement;
}

/**
 * Counts the remaining units that operators added after `moment`. Units are spent from the purchase first.
 * They are no part of what a reversal of that moment takes back.
 */
function countUnitsAddedAfter({ unitsRemaining, adjustments = [] }: Entitlement, moment: Moment): number {
  const added = adjustments.filter(({ at }) => at > moment).reduce((sum, { change }) => sum + change, 0);
  return Math.min(Math.max(added, 0), unitsRemaining ?? 0);
}

function removeReversal(entitlement: Entitlement): Entitlement {
  return isReversed(entitlement) ? returnUnits(entitlement) : entitlement;
}

/**
 * Settles one-time purchases after `changed` ones were added or updated, and returns all that differ from
 * `before`. Applies the payment's refunds and disputes, then recomputes the windows of all passes of the same
 * product. A canceled pass gives its time to the passes behind it.
 */
export function settlePurchases(
  before: Entitlements,
  changed: TouchedEntitlement[],
  record: PaymentRecord | null,
  now: Moment,
): TouchedEntitlement[] {
  const reversed = changed.map((touched) => {
    if (record === null) return touched;
    const derived = reversePurchase(touched.entitlement, record, now);
    return { ...derived, units: [...touched.units, ...derived.units] };
  });
  const byId = new Map(reversed.map((touched) => [touched.entitlement.entitlementId, touched]));
  const products = new Set(
    reversed
      .filter(({ entitlement }) => entitlement.kind === "time_pass")
      .map((each) => each.entitlement.productCode),
  );
  for (const productCode of products) {
    const after = new Map(before);
    for (const { entitlement } of byId.values()) after.set(entitlement.entitlementId, entitlement);
    const passes = [...after.values()].filter(
      (other) => other.kind === "time_pass" && other.productCode === productCode,
    );
    for (const pass of recomputePassWindows(passes, now))
      if (pass !== after.get(pass.entitlementId))
        byId.set(pass.entitlementId, { entitlement: pass, units: byId.get(pass.entitlementId)?.units ?? [] });
  }
  return [...byId.values()].filter(
    ({ entitlement }) => before.get(entitlement.entitlementId) !== entitlement,
  );
}
