import type { DisputeStatus, PaymentRecord, RefundStatus, Reversal } from "./stripe-record.ts";

export type ReversalFact =
  | { type: "refund"; paymentIntentId: string; invoice: PaymentRecord["invoice"]; refund: Said<RefundStatus> }
  | {
      type: "dispute";
      paymentIntentId: string;
      invoice: PaymentRecord["invoice"];
      dispute: Said<DisputeStatus>;
    };

/** What Stripe said of a refund or dispute, and when (`version`). */
export type Said<Status extends string> = Omit<Reversal<Status>, "since">;

/** How far each status is along its way: breaks the tie of two words in one second. */
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
  won: 6,
  lost: 7,
};

/** The record with the fact merged in: the same whatever the order in which facts come, and however often. */
export function mergeReversal(record: PaymentRecord | null, fact: ReversalFact): PaymentRecord {
  const known: PaymentRecord = record ?? {
    type: "payment",
    recordId: fact.paymentIntentId,
    invoice: null,
    refunds: {},
    disputes: {},
  };
  const invoice = known.invoice ?? fact.invoice;
  if (fact.type === "refund") {
    const refund = later(known.refunds[fact.refund.id], fact.refund, refundRank);
    return { ...known, invoice, refunds: { ...known.refunds, [refund.id]: refund } };
  }
  const dispute = later(known.disputes[fact.dispute.id], fact.dispute, disputeRank);
  return { ...known, invoice, disputes: { ...known.disputes, [dispute.id]: dispute } };
}

function later<Status extends string>(
  known: Reversal<Status> | undefined,
  said: Said<Status>,
  rank: Record<Status, number>,
): Reversal<Status> {
  const news: Reversal<Status> = { ...said, since: said.version };
  if (known === undefined) return news;
  const isLater =
    said.version > known.version ||
    (said.version === known.version && rank[said.status] > rank[known.status]);
  const since = known.status === said.status ? Math.min(known.since, said.version) : null;
  if (since === null) return isLater ? news : known;
  return isLater ? { ...news, since } : { ...known, since };
}
