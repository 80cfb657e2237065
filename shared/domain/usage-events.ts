import type { OutboundEventType } from "../contract/outbound-event.ts";
import type { LedgerEntry, UnitMovement } from "./ledger.ts";
import type { LotUnits } from "./lots.ts";
import { buildEventData, type OutboundEventDraft, type SubjectKey } from "./outbound-event-data.ts";

/**
 * Builds the events of usage from the entry alone: what was consumed, reserved and released. A settle consumes a part
 * of what was reserved and releases the rest.
 */
export function buildUsageEvents(subject: SubjectKey, entry: LedgerEntry): OutboundEventDraft[] {
  const consumed = listMoved(entry, "consumed", -1);
  const reserved = listMoved(entry, "reserved", -1);
  const spent = new Map(consumed.map(({ entitlementId, units }) => [entitlementId, units]));
  const released = listMoved(entry, "released", 1).flatMap(({ entitlementId, units }) => {
    const rest = units - (spent.get(entitlementId) ?? 0);
    return rest > 0 ? [{ entitlementId, units: rest }] : [];
  });
  return [
    ...buildUsageEvent(subject, entry, "usage.consumed", consumed),
    ...buildUsageEvent(subject, entry, "usage.reserved", reserved),
    ...buildUsageEvent(subject, entry, "usage.released", released),
  ];
}

/** Lists the units that the entry moved so, by entitlement. */
function listMoved({ touched }: LedgerEntry, movement: UnitMovement, sign: 1 | -1): LotUnits[] {
  return touched.flatMap(({ entitlement: { entitlementId }, units: movements }) => {
    const own = movements.filter((each) => each.movement === movement);
    const units = own.reduce((sum, { change }) => sum + sign * change, 0);
    return units > 0 ? [{ entitlementId, units }] : [];
  });
}

/** Builds one event, however many packs it moved units of. With several packs, only common fields are set. */
function buildUsageEvent(
  subject: SubjectKey,
  entry: LedgerEntry,
  type: OutboundEventType,
  moved: LotUnits[],
): OutboundEventDraft[] {
  if (moved.length === 0) return [];
  const ids = new Set(moved.map(({ entitlementId }) => entitlementId));
  const entitlements = entry.touched
    .map(({ entitlement }) => entitlement)
    .filter(({ entitlementId }) => ids.has(entitlementId));
  const lots = moved.map(({ entitlementId, units }) => ({ entitlement_id: entitlementId, units }));
  const units = moved.reduce((sum, lot) => sum + lot.units, 0);
  const [first = null] = entitlements;
  const isOne = entitlements.length === 1;
  const content = { entitlement: isOne ? first : null, units, lots: isOne ? null : lots };
  const remaining = entry.idempotency?.reply.usageRemaining ?? entry.usageRemaining ?? null;
  const data = buildEventData(subject, entry, content, remaining);
  const products = new Set(entitlements.map(({ productCode }) => productCode));
  const [productCode = null] = products.size === 1 ? products : [];
  return [{ type, data: { ...data, kind: "usage_pack", product_code: productCode } }];
}
