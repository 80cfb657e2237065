import type { CoveredPeriod } from "./coverage.ts";
import type { Moment } from "./entitlement.ts";
import type { ImpliedHold } from "./holds.ts";
import { findBearers, type Phase } from "./subscription-items.ts";
import { findOpenDisputes, listDisputeIds } from "./weigh-reversals.ts";

/** Returns the holds of full refunds and open disputes of the invoices that the lines belong to. */
export function findHolds(lines: CoveredPeriod[], phases: Phase[]): ImpliedHold[] {
  const takenBack = new Set(lines.map(({ invoice }) => invoice).filter(({ isTakenBack }) => isTakenBack));
  return [...takenBack].flatMap((invoice) => {
    const held = findLastPeriod(lines.filter((line) => line.invoice === invoice));
    const window = (placedAt: Moment) => findWindow(lines, phases, held, placedAt);
    const { payments, reversal } = invoice;
    const paymentIds = payments.map(({ recordId }) => recordId).toSorted();
    const relatedCauseIds = [...paymentIds, ...payments.flatMap(listDisputeIds)];
    const disputes = findOpenDisputes(payments).map(
      ({ id, createdAt }): ImpliedHold => ({
        causeId: id,
        relatedCauseIds,
        reason: "dispute",
        placedAt: createdAt,
        window: window(createdAt),
      }),
    );
    if (reversal.fullyReversedAt === null) return disputes;
    // The hold has the id of a payment. With several payments, any of them may have been known first.
    const refund: ImpliedHold = {
      causeId: paymentIds[0] ?? invoice.invoiceId,
      relatedCauseIds,
      reason: "refund",
      placedAt: reversal.fullyReversedAt,
      window: window(reversal.fullyReversedAt),
    };
    return [...disputes, refund];
  });
}

/** The period that a hold is about, with the lines that cover it. */
interface HeldPeriod {
  start: Moment;
  end: Moment;
  lines: CoveredPeriod[];
}

/**
 * Returns the period that ends last. An invoice may also contain an earlier one, such as the usage of the month
 * before, which says nothing about the present.
 */
function findLastPeriod(lines: CoveredPeriod[]): HeldPeriod {
  const end = Math.max(...lines.map((line) => line.end));
  const last = lines.filter((line) => line.end === end);
  const start = Math.max(...last.map((line) => line.start));
  return { start, end, lines: last.filter((line) => line.start === start) };
}

/**
 * Returns when a hold on a period blocks: from the end of another period that is still paid, until the start of
 * a period that was paid instead or afterwards.
 *
 * The next paid period ends the hold permanently. Otherwise an old refund would block again between the end
 * of each period and the payment of the next. A shorter period of another item does not: it pays for
 * nothing after its own end.
 */
function findWindow(
  lines: CoveredPeriod[],
  phases: Phase[],
  held: HeldPeriod,
  placedAt: Moment,
): ImpliedHold["window"] {
  const remaining = lines.filter(({ invoice }) => !invoice.isTakenBack);
  const isBefore = ({ start, invoice: { isMoney, paidAt } }: CoveredPeriod) =>
    start < held.start && (isMoney || (paidAt !== null && paidAt <= placedAt));
  const later = remaining.filter((line) => line.start >= held.start && line.invoice.isMoney);
  const next = later.filter((line) => line.end >= held.end || isContinuedBy(phases, held, line));
  const shorter = later.filter((line) => !next.includes(line));
  const ends = [...remaining.filter(isBefore), ...shorter].map(({ end }) => end);
  const starts = next.map(({ start }) => start);
  return {
    from: ends.length === 0 ? null : Math.max(...ends),
    until: starts.length === 0 ? null : Math.min(...starts),
  };
}

/** Returns whether the line is of an item that was held or replaced one, or whether the held one was removed. */
function isContinuedBy(phases: Phase[], { lines }: HeldPeriod, { itemId }: CoveredPeriod): boolean {
  return lines.some((line) => {
    // Older records don't know the item.
    if (line.itemId === null || itemId === null) return true;
    const bearers = findBearers(phases, { itemId: line.itemId, start: line.start });
    return bearers.hasEnded || bearers.items.has(itemId);
  });
}
