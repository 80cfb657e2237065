import type { Flag, Moment } from "./entitlement.ts";
import type { InvoiceTerms, PaymentRecord, SubscriptionRecord } from "./stripe-record.ts";
import { findBearers, findBilledSince, type Phase, toItemKey } from "./subscription-items.ts";
import { findOpenDisputes, type ReversalSum, toReversalFlags, weighReversals } from "./weigh-reversals.ts";

/**
 * What the invoices of a subscription pay for, line by line, and what refunds and disputes took back.
 *
 * The status of a subscription comes from Stripe alone. Coverage decides when a hold blocks, whether a
 * payment ended an operator's revocation, and what stays usable while the subscription waits for a payment.
 */
export interface Coverage {
  lines: CoveredPeriod[];
  invoices: Map<string, CoveringInvoice>;
  phases: Phase[];
}

/** The period `[start, end)` that a line of a paid invoice covers. */
export interface CoveredPeriod {
  invoice: CoveringInvoice;
  /** `null` for an invoice of an older record, which covers every item. */
  itemId: string | null;
  productCode: string | null;
  priceId: string | null;
  quantity: number | null;
  /** The line covers a trial. */
  isTrial: boolean;
  start: Moment;
  end: Moment;
}

interface CoveringInvoice {
  invoiceId: string;
  /** Money was paid. A 0.00 invoice covers a trial or a fully discounted period, but lifts no hold. */
  isMoney: boolean;
  /** `null` in older records. */
  paidAt: Moment | null;
  payments: PaymentRecord[];
  reversal: ReversalSum;
  /** Fully reversed or disputed: its lines cover nothing. */
  isTakenBack: boolean;
}

export function collectCoverage(
  record: SubscriptionRecord,
  payments: PaymentRecord[],
  phases: Phase[],
): Coverage {
  const invoices = new Map<string, CoveringInvoice>();
  const lines: CoveredPeriod[] = [];
  const withoutLines: { invoice: CoveringInvoice; end: Moment }[] = [];
  for (const [invoiceId, terms] of collectPaidInvoices(record, payments)) {
    const own = payments.filter(({ invoice }) => invoice?.invoiceId === invoiceId);
    const invoice = weighInvoice(invoiceId, terms, own);
    invoices.set(invoiceId, invoice);
    if (terms.lines === undefined) {
      // Whether a 0.00 invoice covers something depends on its lines.
      if (terms.periodEnd !== null && invoice.isMoney) withoutLines.push({ invoice, end: terms.periodEnd });
      continue;
    }
    for (const line of terms.lines) {
      const isFree = line.amount === 0 && isTrial(phases, line);
      if (!invoice.isMoney && line.amount === 0 && !isFree) continue;
      const { itemId, priceId, quantity, start, end } = line;
      const productCode = line.productCode ?? findProductAtPrice(phases, itemId, priceId);
      const period = { itemId, priceId, quantity, isTrial: isFree, start, end };
      if (productCode !== null) lines.push({ invoice, productCode, ...period });
    }
  }
  return { lines: [...lines, ...chainPeriods(withoutLines)], invoices, phases };
}

/** Returns the terms of all paid invoices, as recorded with the subscription or with a reversed payment. */
function collectPaidInvoices(
  record: SubscriptionRecord,
  payments: PaymentRecord[],
): Map<string, InvoiceTerms> {
  const paid = new Map<string, InvoiceTerms>();
  for (const { invoice } of payments) if (invoice !== null) paid.set(invoice.invoiceId, invoice);
  for (const [invoiceId, invoice] of Object.entries(record.invoices)) {
    if (invoice.outcome === "paid") paid.set(invoiceId, { ...paid.get(invoiceId), ...invoice });
    // A look-up with lines showed the invoice as paid, whichever earlier attempt failed.
    else if (paid.get(invoiceId)?.lines === undefined) paid.delete(invoiceId);
  }
  return paid;
}

function weighInvoice(invoiceId: string, terms: InvoiceTerms, payments: PaymentRecord[]): CoveringInvoice {
  const { amountPaid = null, currency = null, paidAt = null } = terms;
  const reversal = weighReversals(payments, { amount: amountPaid, currency });
  return {
    invoiceId,
    // Older records don't have the amount. They counted every paid invoice.
    isMoney: amountPaid === null || amountPaid > 0,
    paidAt,
    payments,
    reversal,
    isTakenBack: reversal.fullyReversedAt !== null || findOpenDisputes(payments).length > 0,
  };
}

/** An invoice without recorded lines covers every product, from the end of the one before it. */
function chainPeriods(invoices: { invoice: CoveringInvoice; end: Moment }[]): CoveredPeriod[] {
  const ends = [...new Set(invoices.map(({ end }) => end))].sort((a, b) => a - b);
  return invoices.map(({ invoice, end }) => ({
    invoice,
    itemId: null,
    productCode: null,
    priceId: null,
    quantity: null,
    isTrial: false,
    start: ends[ends.indexOf(end) - 1] ?? 0,
    end,
  }));
}

function isTrial(phases: Phase[], { start, end }: { start: Moment; end: Moment }): boolean {
  return phases.some(({ observation: { status, at } }) => status === "trialing" && at >= start && at < end);
}

function findProductAtPrice(phases: Phase[], itemId: string, priceId: string): string | null {
  for (const { items } of phases.toReversed()) {
    const known = items.get(itemId);
    if (known?.item.priceId === priceId) return known.productCode;
  }
  return null;
}

/**
 * Returns the lines that decide about a product: its own since it is billed without a break. If none of them
 * brought money, the change of plan is not invoiced yet or was paid from a credit. Then the lines of the
 * items that bill the product decide too, else all lines of the subscription.
 */
export function findRelevantLines({ lines, phases }: Coverage, productCode: string): CoveredPeriod[] {
  const since = findBilledSince(phases, productCode);
  const hasMoney = (some: CoveredPeriod[]) => some.some(({ invoice }) => invoice.isMoney);
  const own = lines.filter(
    (line) =>
      (line.productCode === productCode || line.productCode === null) && (since === null || line.end > since),
  );
  if (hasMoney(own)) return own;
  const items = phases.at(-1)?.items ?? new Map();
  const billing = [...items.values()].filter(
    ({ item, productCode: billed }) => billed === productCode && item.quantity !== 0,
  );
  const itemIds = new Set(billing.map(({ item }) => toItemKey(item)));
  const ofItems = lines.filter((line) => own.includes(line) || itemIds.has(line.itemId ?? ""));
  return hasMoney(ofItems) ? ofItems : lines;
}

/** Returns the end of what the lines cover, without those that were taken back. */
export function findPaidThrough(lines: CoveredPeriod[]): Moment | null {
  const ends = lines.filter(({ invoice }) => !invoice.isTakenBack).map(({ end }) => end);
  return ends.length === 0 ? null : Math.max(...ends);
}

/**
 * Returns whether an operator's revocation is over: a later period of the product was paid, or of what
 * replaced it. A payment within the period that was running does not end it, such as one for another seat.
 */
export function isPaidSince(
  { lines, phases }: Coverage,
  productCode: string,
  { at, periodEnd }: { at: Moment; periodEnd: Moment | null },
): boolean {
  const revoked = phases.findLast(({ observation }) => observation.at <= at) ?? phases[0];
  const items = [...(revoked?.items ?? [])];
  const bears = ([itemId, each]: (typeof items)[number]) =>
    (each.productCode === productCode && each.item.quantity !== 0) ||
    lines.some(
      (line) =>
        line.itemId === itemId && line.productCode === productCode && line.start <= at && at < line.end,
    );
  const successors = items
    .filter(bears)
    .flatMap(([itemId]) => [...findBearers(phases, { itemId, start: at }).items]);
  const isRunning = (itemId: string | null, end: Moment) => {
    const known = items.filter(([, { item }]) => item.currentPeriodEnd !== null);
    const own = known.filter(([id]) => id === itemId);
    // An item that was added later may have the period of any other.
    return (own.length > 0 ? own : known).some(([, { item }]) => item.currentPeriodEnd === end);
  };
  return lines.some(({ invoice, itemId, end, ...line }) => {
    if (invoice.isTakenBack || !invoice.isMoney) return false;
    const isOwn = line.productCode === productCode || itemId === null || successors.includes(itemId);
    if (!isOwn) return false;
    if (invoice.paidAt === null) return periodEnd !== null && end > periodEnd;
    // Stripe may report a period after the revocation that had begun before it.
    const isLater = itemId === null ? end > at : line.start > at;
    return invoice.paidAt > at && isLater && !isRunning(itemId, end);
  });
}

/** Flags every invoice of the lines: a part that is lost stays lost when later periods are paid. */
export function findReversalFlags(lines: CoveredPeriod[]): Flag[] {
  const flags = lines.flatMap(({ invoice: { reversal } }) => toReversalFlags(reversal));
  return [...new Set(flags)].sort();
}

/** Returns whether money arrived for the subscription after it ended, and was not given back. */
export function isPaidAfterEnd({ invoices }: Coverage, endedAt: Moment): boolean {
  return [...invoices.values()].some(
    ({ isMoney, paidAt, reversal }) =>
      isMoney && paidAt !== null && paidAt > endedAt && reversal.fullyReversedAt === null,
  );
}
