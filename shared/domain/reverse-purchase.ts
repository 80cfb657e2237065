import { clawBack, recordClawBack, returnUnits } from "./clawback.ts";
import type { Entitlement, Moment } from "./entitlement.ts";
import { type ImpliedHold, updateHolds } from "./holds.ts";
import type { Entitlements, TouchedEntitlement } from "./ledger.ts";
import { recomputePassWindows } from "./pass-windows.ts";
import type { PaymentRecord } from "./stripe-record.ts";
import { findOpenDisputes, toReversalFlags, weighReversals } from "./weigh-reversals.ts";

/**
 * Applies refunds and disputes to a one-time purchase. A full reversal ends a pass and claws back a pack's
 * remaining units; a partial one is flagged. If the payment is no longer reversed in full, the entitlement is
 * restored. Spent units stay spent.
 */
function reversePurchase(entitlement: Entitlement, record: PaymentRecord, now: Moment): TouchedEntitlement {
  const { amountTotal = null, currency = null } = entitlement.purchase ?? {};
  const reversal = weighReversals([record], { amount: amountTotal, currency });
  const settled =
    reversal.fullyReversedAt === null
      ? removeReversal(entitlement)
      : applyReversal(entitlement, reversal.fullyReversedAt);
  const holds = findOpenDisputes([record]).map(
    ({ id, createdAt }): ImpliedHold => ({
      causeId: id,
      reason: "dispute",
      placedAt: createdAt,
      window: { from: null, until: null },
    }),
  );
  const after: Entitlement = {
    ...settled,
    holds: updateHolds(entitlement.holds, holds),
    flags: toReversalFlags(reversal),
  };
  if (JSON.stringify(after) === JSON.stringify(entitlement)) return { entitlement, units: [] };
  return recordClawBack(entitlement, { ...after, updatedAt: now });
}

const isReversed = ({ status, statusReason }: Entitlement) =>
  status === "canceled" && statusReason === "refunded";

function applyReversal(entitlement: Entitlement, reversedAt: Moment): Entitlement {
  // Already canceled for another reason, so no units are left to claw back.
  if (entitlement.status === "canceled" && !isReversed(entitlement)) return entitlement;
  const reversed = isReversed(entitlement)
    ? { ...entitlement, canceledAt: reversedAt }
    : clawBack(entitlement, "refunded", reversedAt);
  return {
    ...reversed,
    ...(entitlement.kind === "time_pass"
      ? { startsAt: entitlement.paidAt, expiresAt: Math.max(entitlement.paidAt, reversedAt) }
      : {}),
  };
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
