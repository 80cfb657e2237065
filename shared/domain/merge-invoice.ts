import type { InvoiceLine, PaidInvoice, RecordedInvoice, SubscriptionRecord } from "./stripe-record.ts";

type Invoices = SubscriptionRecord["invoices"];

/**
 * Lines are kept for this many of the newest invoices, and this many lines per invoice: those that end last.
 * That bounds the record to about 250 kB. An older invoice keeps its amount and the end of its period.
 */
const maxInvoicesWithLines = 40;
export const maxLinesPerInvoice = 40;

/**
 * Adds an invoice to those of a subscription. The result depends neither on order nor on repetition: a paid
 * invoice stays paid, although the failure of an earlier payment attempt may arrive later.
 */
export function mergeInvoice(invoices: Invoices, invoiceId: string, reported: RecordedInvoice): Invoices {
  const before = invoices[invoiceId];
  const merged = before === undefined ? reported : mergeReports(before, reported);
  return dropOldLines({ ...invoices, [invoiceId]: merged });
}

function mergeReports(before: RecordedInvoice, reported: RecordedInvoice): RecordedInvoice {
  if (before.outcome === "failed") return reported.outcome === "paid" ? reported : before;
  if (reported.outcome === "failed" || reported.lines === undefined) return before;
  return {
    ...reported,
    // The payment of an invoice in parts may be reported with each part.
    amountPaid: Math.max(before.amountPaid ?? 0, reported.amountPaid ?? 0),
    paidAt: Math.max(before.paidAt ?? 0, reported.paidAt ?? 0) || null,
    lines: mergeLines(before.lines, reported.lines),
  };
}

/** The lines of a paid invoice don't change. A price may have become a product's since the first report. */
function mergeLines(before: InvoiceLine[] | undefined, reported: InvoiceLine[]): InvoiceLine[] {
  if (before?.length !== reported.length) return reported;
  return before.map((line) => ({
    ...line,
    // Lines of one period have no certain order.
    productCode:
      line.productCode ?? reported.find(({ priceId }) => priceId === line.priceId)?.productCode ?? null,
  }));
}

function dropOldLines(invoices: Invoices): Invoices {
  const withLines = Object.entries(invoices).filter(([, { lines }]) => lines !== undefined);
  if (withLines.length <= maxInvoicesWithLines) return invoices;
  const newestFirst = withLines.toSorted(
    ([a, left], [b, right]) => (right.periodEnd ?? 0) - (left.periodEnd ?? 0) || (a < b ? 1 : -1),
  );
  const old = newestFirst
    .slice(maxInvoicesWithLines)
    .map(([id, { lines: _, ...withoutLines }]) => [id, withoutLines] as const);
  return { ...invoices, ...Object.fromEntries(old) };
}

/** Returns the invoice of a payment, completed by a later look-up of it. */
export function mergePaidInvoice(
  before: PaidInvoice | null,
  reported: PaidInvoice | null,
): PaidInvoice | null {
  if (before === null || reported === null) return before ?? reported;
  if (before.lines === undefined) return reported;
  const amountPaid = Math.max(before.amountPaid, reported.amountPaid);
  return { ...before, amountPaid };
}
