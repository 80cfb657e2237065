import type { Coverage, CoveredPeriod } from "./coverage.ts";
import type { Moment } from "./entitlement.ts";
import { findBearers, type Phase } from "./subscription-items.ts";

/**
 * Returns, by product, until when its own paid lines keep it usable while the subscription waits for a
 * payment. A change that was not paid takes nothing away; one that was paid, or that needed no payment, does.
 * A period that ended before the subscription became past due keeps nothing.
 */
export function findPaidPeriods({ lines, phases }: Coverage, pastDueSince: Moment): Map<string, Moment> {
  const until = new Map<string, Moment>();
  for (const line of lines) {
    const { itemId, productCode, end, invoice } = line;
    if (itemId === null || productCode === null || invoice.isTakenBack || end <= pastDueSince) continue;
    if (isRenewed(phases, line) || !(isChangedSince(phases, line.start) || isItemUnpaid(lines, phases)))
      continue;
    const bearers = findBearers(phases, { itemId, start: line.start });
    if (bearers.hasEnded || isReplacedByPaid(lines, phases, line, bearers.items)) continue;
    until.set(productCode, Math.max(until.get(productCode) ?? end, end));
  }
  return until;
}

/**
 * Returns whether the item began its next period at the same price. What is due then is that period, also
 * when the billing cycle was reset before the line's end.
 */
function isRenewed(phases: Phase[], { itemId, priceId, end }: CoveredPeriod): boolean {
  const ends = phases.map(({ items }) => {
    const item = items.get(itemId ?? "")?.item;
    return item?.priceId === priceId ? (item.currentPeriodEnd ?? null) : null;
  });
  return ends.some((periodEnd, index) => {
    const former = ends[index - 1] ?? null;
    return periodEnd !== null && former !== null && former <= end && periodEnd > end;
  });
}

/** Returns whether any item was added, removed or changed since `start`. */
function isChangedSince(phases: Phase[], start: Moment): boolean {
  const since = phases.filter(
    ({ observation }, index) => observation.at >= start || index === phases.length - 1,
  );
  const plans = since.map(({ items }) =>
    JSON.stringify([...items].map(([id, { item }]) => [id, item.priceId, item.quantity]).toSorted()),
  );
  return new Set(plans).size > 1;
}

/**
 * Returns whether an item is not paid for its present period. If all are, and nothing was changed, the
 * billing cycle was reset within the second of its start, and the new period of the same items is due.
 */
function isItemUnpaid(lines: CoveredPeriod[], phases: Phase[]): boolean {
  return [...(phases.at(-1)?.items.values() ?? [])].some(
    ({ item }) =>
      item.quantity !== 0 &&
      !lines.some(
        ({ itemId, priceId, end }) =>
          itemId === item.itemId && priceId === item.priceId && end >= (item.currentPeriodEnd ?? 0),
      ),
  );
}

/** Returns whether the line's item, or one that replaced it, was later paid for another product. */
function isReplacedByPaid(
  lines: CoveredPeriod[],
  phases: Phase[],
  { productCode, start }: CoveredPeriod,
  bearers: Set<string>,
): boolean {
  // Of several payments of one second, that for the last product of the second counts. The changes before it
  // have no certain order.
  const last = phases.findLast(({ observation }) => observation.at <= start);
  const isLast = (other: CoveredPeriod) =>
    last?.items.get(other.itemId ?? "")?.productCode === other.productCode;
  return lines.some(
    (other) =>
      bearers.has(other.itemId ?? "") &&
      other.productCode !== productCode &&
      (other.start > start || (other.start === start && isLast(other))),
  );
}
