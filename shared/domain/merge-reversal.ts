import { mergePaidInvoice } from "./merge-invoice.ts";
import type { DisputeStatus, PaymentRecord, RefundStatus, Reversal } from "./stripe-record.ts";

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
export type ReversalReport<Status extends string> = Omit<Reversal<Status>, "since">;

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
  const reported: Reversal<Status> = { ...report, since: report.version };
  if (known === undefined) return reported;
  const isLater =
    report.version > known.version ||
    (report.version === known.version && rank[report.status] > rank[known.status]);
  const since = known.status === report.status ? Math.min(known.since, report.version) : null;
  if (since === null) return isLater ? reported : known;
  return isLater ? { ...reported, since } : { ...known, since };
}
