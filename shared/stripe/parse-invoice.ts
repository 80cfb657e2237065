import type Stripe from "stripe";
import { maxLinesPerInvoice } from "../domain/merge-invoice.ts";
import type { InvoiceLine } from "../domain/stripe-record.ts";
import { type LicenzyMetadata, parseLicenzyMetadata } from "./licenzy-metadata.ts";
import { fromOptionalSeconds, fromSeconds, getReferenceId, requireField } from "./object-fields.ts";

/** An invoice, parsed from an event or a read, before its prices are mapped to products. */
export interface ParsedInvoice {
  type: "invoice";
  invoiceId: string;
  /** `null` for an invoice without a subscription. */
  subscriptionId: string | null;
  customerId: string | null;
  ours: LicenzyMetadata | null;
  outcome: "paid" | "failed";
  /** When the payment succeeded, in milliseconds; `null` while unpaid. */
  paidAt: number | null;
  amountPaid: number;
  currency: string;
  /** The lines that cover something. */
  lines: InvoiceLine[];
  /** The object contains only its first lines. The others are listed separately. */
  hasMoreLines: boolean;
}

/** Before 2025 an invoice named its subscription itself; since then its parent does. */
type AnyShape = Stripe.Invoice & {
  subscription?: string | { id: string } | null;
  subscription_details?: { metadata?: Record<string, string> | null } | null;
};

/** Before 2025 a line named its item and price itself; since then its parent and pricing do. */
type AnyLine = Partial<Stripe.InvoiceLineItem> & {
  subscription_item?: string | null;
  price?: string | { id: string } | null;
};

/** Parses an invoice. `at` is the time of the event, in milliseconds; `null` for a read. */
export function parseInvoice(
  invoice: Stripe.Invoice,
  outcome: ParsedInvoice["outcome"],
  at: number | null,
): ParsedInvoice {
  const any = invoice as AnyShape;
  const details = any.parent?.subscription_details ?? null;
  const paidAt = fromOptionalSeconds(invoice.status_transitions?.paid_at, "the time of the payment") ?? at;
  return {
    type: "invoice",
    invoiceId: requireField(invoice.id, "the invoice's id"),
    subscriptionId: getReferenceId(details?.subscription) ?? getReferenceId(any.subscription),
    customerId: getReferenceId(invoice.customer),
    ours: parseLicenzyMetadata(details?.metadata ?? any.subscription_details?.metadata),
    outcome,
    paidAt: outcome === "paid" ? paidAt : null,
    amountPaid: outcome === "paid" ? getAmountPaid(invoice) : (invoice.amount_paid ?? 0),
    currency: invoice.currency ?? "",
    lines: parseCoveringLines(invoice.lines?.data ?? []),
    hasMoreLines: invoice.lines?.has_more === true,
  };
}

/**
 * Returns the amount that a paid invoice was paid with, in the currency's smallest unit. Of an invoice that was marked as paid
 * outside of Stripe, some reports have `amount_paid` 0. Then the amount due was paid, without what a credit note took off it.
 */
function getAmountPaid(invoice: Stripe.Invoice): number {
  const { amount_paid = 0, amount_due = 0, pre_payment_credit_notes_amount: credited = 0 } = invoice;
  return amount_paid > 0 ? amount_paid : Math.max(0, amount_due - credited);
}

/**
 * Parses the lines that cover a period of a subscription item. Credits (negative amounts), one-off lines and
 * lines of quantity 0 cover nothing.
 */
export function parseCoveringLines(lines: Stripe.InvoiceLineItem[]): InvoiceLine[] {
  return lines
    .flatMap((line) => parseCoveringLine(line))
    .toSorted((a, b) => b.end - a.end || b.start - a.start)
    .slice(0, maxLinesPerInvoice);
}

function parseCoveringLine(line: AnyLine): InvoiceLine[] {
  const details = line.parent?.subscription_item_details ?? null;
  const itemId = getReferenceId(details?.subscription_item) ?? line.subscription_item ?? null;
  const priceId = getReferenceId(line.pricing?.price_details?.price) ?? getReferenceId(line.price);
  const { amount = 0, period } = line;
  if (period?.start == null || period.end == null) return [];
  if (itemId === null || priceId === null || amount < 0 || line.quantity === 0) return [];
  return [
    {
      itemId,
      priceId,
      productCode: null,
      quantity: line.quantity ?? null,
      amount,
      start: fromSeconds(period.start, "the start of the line's period"),
      end: fromSeconds(period.end, "the end of the line's period"),
    },
  ];
}
