import type { Entitlement, Moment } from "./entitlement.ts";
import type { Entitlements, Touched } from "./ledger.ts";
import { withPassWindows } from "./pass-windows.ts";
import { disputeHolds, takenBackAt, withHolds } from "./reversals.ts";
import type { PaymentRecord } from "./stripe-record.ts";
import { giveBack, takeBack, withClawBack } from "./take-back.ts";

/**
 * What becomes of a one-time purchase when its payment is refunded or disputed: in full, a pass ends and a pack loses
 * what is left; in part, nothing; no longer in full, everything is as before. Spent units stay spent.
 */
function deriveOneTime(entitlement: Entitlement, record: PaymentRecord, now: Moment): Touched {
  const reversedAt = takenBackAt(record, entitlement.purchase?.amountTotal ?? null);
  const settled = reversedAt === null ? withoutReversal(entitlement) : withReversal(entitlement, reversedAt);
  const after = { ...settled, holds: withHolds(entitlement.holds, disputeHolds(record)) };
  if (JSON.stringify(after) === JSON.stringify(entitlement)) return { entitlement, units: [] };
  return withClawBack(entitlement, { ...after, updatedAt: now });
}

const isReversed = ({ status, statusReason }: Entitlement) =>
  status === "canceled" && statusReason === "refunded";

function withReversal(entitlement: Entitlement, reversedAt: Moment): Entitlement {
  // Canceled by somebody else: it has nothing left that could be taken.
  if (entitlement.status === "canceled" && !isReversed(entitlement)) return entitlement;
  const reversed = isReversed(entitlement)
    ? { ...entitlement, canceledAt: reversedAt }
    : takeBack(entitlement, "refunded", reversedAt);
  return {
    ...reversed,
    ...(entitlement.kind === "time_pass"
      ? { startsAt: entitlement.paidAt, expiresAt: Math.max(entitlement.paidAt, reversedAt) }
      : {}),
  };
}

function withoutReversal(entitlement: Entitlement): Entitlement {
  return isReversed(entitlement) ? giveBack(entitlement) : entitlement;
}

/**
 * Everything that changes among one-time purchases when `changed` are what they are now (new, or with new windows and
 * reversals): passes of the same product queue anew, since a canceled one gives its time to those behind it.
 */
export function settleOneTime(
  before: Entitlements,
  changed: Touched[],
  record: PaymentRecord | null,
  now: Moment,
): Touched[] {
  const reversed = changed.map((touched) => {
    if (record === null) return touched;
    const derived = deriveOneTime(touched.entitlement, record, now);
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
    for (const pass of withPassWindows(passes, now))
      if (pass !== after.get(pass.entitlementId))
        byId.set(pass.entitlementId, { entitlement: pass, units: byId.get(pass.entitlementId)?.units ?? [] });
  }
  return [...byId.values()].filter(
    ({ entitlement }) => before.get(entitlement.entitlementId) !== entitlement,
  );
}
