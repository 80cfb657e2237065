import type { Flag, Moment } from "./entitlement.ts";
import type { InvoiceTerms, PaymentRecord, SubscriptionRecord } from "./stripe-record.ts";
import { findBearers, findBilledSince, type Phase, toItemKey } from "./subscription-items.ts";
import { findOpenDisputes, type ReversalSum, toReversalFlags, weighReversals } from "./weigh-reversals.ts";

/**
 * What the invoices of a subscription pay for, line by line, and what refunds and disputes took back.
 *
 * The status of a subscription comes from Stripe alone. Coverage decides when a hold blocks, whether a payment
 * ended an operator's revocation, and what stays usable while the subscription waits for a payment.
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
      if (!invoice.isMoney && line.amount === 0 && !isTrial(phases, line)) continue;
      const { itemId, priceId, quantity, start, end } = line;
      const productCode = line.productCode ?? findProductAtPrice(phases, itemId, priceId);
      if (productCode !== null) lines.push({ invoice, itemId, productCode, priceId, quantity, start, end });
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
    if (invoice.outcome === "failed") paid.delete(invoiceId);
    else paid.set(invoiceId, { ...paid.get(invoiceId), ...invoice });
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
 * brought money, the change of plan is not invoiced yet or was paid from a credit. Then the lines of the items
 * that bill the product decide too, else all lines of the subscription.
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
 * Returns whether an operator's revocation is over: a later period of the product was paid, or of what replaced
 * it. A payment within the period that was running does not end it, such as one for another seat.
 */
export function isPaidSince(
  { lines, phases }: Coverage,
  productCode: string,
  { at, periodEnd }: { at: Moment; periodEnd: Moment | null },
): boolean {
  const revoked = phases.findLast(({ observation }) => observation.at <= at) ?? phases[0];
  const items = [...(revoked?.items ?? [])];
  const runningEnds = items.map(([, { item }]) => item.currentPeriodEnd);
  const bears = ([itemId, each]: (typeof items)[number]) =>
    (each.productCode === productCode && each.item.quantity !== 0) ||
    lines.some(
      (line) =>
        line.itemId === itemId && line.productCode === productCode && line.start <= at && at < line.end,
    );
  const successors = items
    .filter(bears)
    .flatMap(([itemId]) => [...findBearers(phases, { itemId, start: at }).items]);
  return lines.some(({ invoice, itemId, end, ...line }) => {
    if (invoice.isTakenBack || !invoice.isMoney) return false;
    const isOwn = line.productCode === productCode || itemId === null || successors.includes(itemId);
    if (!isOwn) return false;
    if (invoice.paidAt === null) return periodEnd !== null && end > periodEnd;
    return invoice.paidAt > at && end > at && !runningEnds.includes(end);
  });
}

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
 * Returns whether the item began its next period at the same price. What is due then is that period, also when
 * the billing cycle was reset before the line's end.
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
 * Returns whether an item is not paid for its present period. If all are, and nothing was changed, the billing
 * cycle was reset within the second of its start, and the new period of the same items is due.
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
  const isPresent = (other: CoveredPeriod) =>
    phases.at(-1)?.items.get(other.itemId ?? "")?.productCode === other.productCode;
  return lines.some(
    (other) =>
      bearers.has(other.itemId ?? "") &&
      other.productCode !== productCode &&
      // Of two changes of one second, only the last one is known for certain.
      (other.start > start || (other.start === start && isPresent(other))),
  );
}

/** Flags every invoice of the lines: a part that is lost stays lost when later periods are paid. */
export function findReversalFlags(lines: CoveredPeriod[]): Flag[] {
  const flags = lines.flatMap(({ invoice: { reversal } }) => toReversalFlags(reversal));
  return [...new Set(flags)].sort();
}

/** Returns whether money arrived for the subscription after it ended. */
export function isPaidAfterEnd({ invoices }: Coverage, endedAt: Moment): boolean {
  return [...invoices.values()].some(({ isMoney, paidAt }) => isMoney && paidAt !== null && paidAt > endedAt);
}
