import type { Moment } from "./entitlement.ts";
import { mergePaidInvoice } from "./merge-invoice.ts";
import type { DisputeStatus, PaymentRecord, RefundStatus, Reversal, StatusReport } from "./stripe-record.ts";

/** A refund or dispute of one payment, as reported by Stripe. */
export type ReversalFact =
  | {
      type: "refund";
      paymentIntentId: string;
      invoice: PaymentRecord["invoice"];
      refund: ReversalReport<RefundStatus>;
    }
  | {
      type: "dispute";
      paymentIntentId: string;
      invoice: PaymentRecord["invoice"];
      dispute: ReversalReport<DisputeStatus>;
    };

/** One report by Stripe of a refund or dispute. `version` is the time of the report. */
export type ReversalReport<Status extends string> = Omit<Reversal<Status>, "since" | "reports">;

/** A dispute changes its status less often. Up to here, the result depends on no order. */
const maxReports = 20;

/** Ranks statuses by progress, to break the tie between two reports of one second. */
const refundRank: Record<RefundStatus, number> = {
  pending: 0,
  requires_action: 1,
  succeeded: 2,
  canceled: 3,
  failed: 4,
};
const disputeRank: Record<DisputeStatus, number> = {
  warning_needs_response: 0,
  warning_under_review: 1,
  warning_closed: 2,
  prevented: 3,
  needs_response: 4,
  under_review: 5,
  appeal_needs_response: 6,
  appeal_under_review: 7,
  won: 8,
  lost: 9,
};

/**
 * Merges the fact into the record. The result depends neither on the order of facts nor on their repetition.
 */
export function mergeReversal(record: PaymentRecord | null, fact: ReversalFact): PaymentRecord {
  const known: PaymentRecord = record ?? {
    type: "payment",
    recordId: fact.paymentIntentId,
    invoice: null,
    refunds: {},
    disputes: {},
  };
  const invoice = mergePaidInvoice(known.invoice, fact.invoice);
  if (fact.type === "refund") {
    const refund = mergeReport(known.refunds[fact.refund.id], fact.refund, refundRank);
    return { ...known, invoice, refunds: { ...known.refunds, [refund.id]: refund } };
  }
  const dispute = mergeReport(known.disputes[fact.dispute.id], fact.dispute, disputeRank);
  return { ...known, invoice, disputes: { ...known.disputes, [dispute.id]: dispute } };
}

function mergeReport<Status extends string>(
  known: Reversal<Status> | undefined,
  report: ReversalReport<Status>,
  rank: Record<Status, number>,
): Reversal<Status> {
  const reports = mergeReports(known, report, rank);
  const latest = known === undefined || isLater(report, known, rank) ? report : known;
  return { ...latest, since: findBeginning(reports), reports };
}

/** Of one second the more advanced status counts, and of one status the larger amount. */
function isLater<Status extends string>(
  report: ReversalReport<Status>,
  known: Reversal<Status>,
  rank: Record<Status, number>,
): boolean {
  return (
    (report.version - known.version ||
      rank[report.status] - rank[known.status] ||
      report.amount - known.amount) > 0
  );
}

/** Adds the report to the known ones, oldest first. Older records have only the first and the last of their status. */
function mergeReports<Status extends string>(
  known: Reversal<Status> | undefined,
  { version, status }: ReversalReport<Status>,
  rank: Record<Status, number>,
): StatusReport<Status>[] {
  const before =
    known === undefined
      ? []
      : (known.reports ?? [known.since, known.version].map((at) => ({ at, status: known.status })));
  const isKnown = before.some((each) => each.at === version && each.status === status);
  const all = isKnown ? before : [...before, { at: version, status }];
  const sorted = all.toSorted((a, b) => a.at - b.at || rank[a.status] - rank[b.status]);
  return sorted.length <= maxReports ? sorted : sorted.filter(isEndOfRun);
}

/** Rereads repeat a status many times. Of too many reports only the first and the last of a run are kept. */
function isEndOfRun<Status extends string>(
  { status }: StatusReport<Status>,
  index: number,
  all: StatusReport<Status>[],
): boolean {
  return all[index - 1]?.status !== status || all[index + 1]?.status !== status;
}

/** Returns when the latest status began: a dispute may be lost, appealed and lost again. */
function findBeginning<Status extends string>(reports: StatusReport<Status>[]): Moment {
  const latest = reports.at(-1);
  const other = reports.findLastIndex(({ status }) => status !== latest?.status);
  const first = reports[other + 1];
  if (first === undefined) throw new Error("A merged reversal has at least one report.");
  return first.at;
}
