import type { CoveredPeriod } from "./coverage.ts";
import type { Moment } from "./entitlement.ts";
import type { ImpliedHold } from "./holds.ts";
import { findOpenDisputes, listDisputeIds } from "./weigh-reversals.ts";

/** Returns the holds of full refunds and open disputes of the invoices that the lines belong to. */
export function findHolds(lines: CoveredPeriod[]): ImpliedHold[] {
  const takenBack = new Set(lines.map(({ invoice }) => invoice).filter(({ isTakenBack }) => isTakenBack));
  return [...takenBack].flatMap((invoice) => {
    const start = findStart(lines.filter((line) => line.invoice === invoice));
    const { payments, reversal } = invoice;
    const paymentIds = payments.map(({ recordId }) => recordId).toSorted();
    const relatedCauseIds = [...paymentIds, ...payments.flatMap(listDisputeIds)];
    const disputes = findOpenDisputes(payments).map(
      ({ id, createdAt }): ImpliedHold => ({
        causeId: id,
        relatedCauseIds,
        reason: "dispute",
        placedAt: createdAt,
        window: findWindow(lines, start, createdAt),
      }),
    );
    if (reversal.fullyReversedAt === null) return disputes;
    // The hold has the id of a payment. With several payments, any of them may have been known first.
    const refund: ImpliedHold = {
      causeId: paymentIds[0] ?? invoice.invoiceId,
      relatedCauseIds,
      reason: "refund",
      placedAt: reversal.fullyReversedAt,
      window: findWindow(lines, start, reversal.fullyReversedAt),
    };
    return [...disputes, refund];
  });
}

/**
 * Returns the start of the period that ends last. An invoice may also contain an earlier one, such as the
 * usage of the month before, which says nothing about the present.
 */
function findStart(lines: CoveredPeriod[]): Moment {
  const end = Math.max(...lines.map((line) => line.end));
  return Math.max(...lines.filter((line) => line.end === end).map((line) => line.start));
}

/**
 * Returns when a hold on a period that began at `start` blocks: from the end of an earlier period that is
 * still paid, until the start of a period that was paid instead or afterwards.
 *
 * The next paid period ends the hold permanently. Otherwise an old refund would block again between the end
 * of each period and the payment of the next.
 */
function findWindow(lines: CoveredPeriod[], start: Moment, placedAt: Moment): ImpliedHold["window"] {
  const remaining = lines.filter(({ invoice }) => !invoice.isTakenBack);
  const isBefore = ({ invoice: { isMoney, paidAt } }: CoveredPeriod) =>
    isMoney || (paidAt !== null && paidAt <= placedAt);
  const ends = remaining.filter((line) => line.start < start && isBefore(line)).map(({ end }) => end);
  const starts = remaining
    .filter((line) => line.start >= start && line.invoice.isMoney)
    .map((line) => line.start);
  return {
    from: ends.length === 0 ? null : Math.max(...ends),
    until: starts.length === 0 ? null : Math.min(...starts),
  };
}
