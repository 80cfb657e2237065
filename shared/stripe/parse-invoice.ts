import type Stripe from "stripe";
import { type LicenzyMetadata, parseLicenzyMetadata } from "./licenzy-metadata.ts";
import { fromSeconds, getReferenceId, requireField } from "./object-fields.ts";

/** An invoice, parsed from an event or a read. */
export interface ParsedInvoice {
  type: "invoice";
  invoiceId: string;
  /** `null` for an invoice without a subscription. */
  subscriptionId: string | null;
  customerId: string | null;
  ours: LicenzyMetadata | null;
  outcome: "paid" | "failed";
  /** The latest period end among the invoice's lines. */
  periodEnd: number | null;
  amountPaid: number;
}

/** Before 2025 an invoice named its subscription itself; since then its parent does. */
type AnyShape = Stripe.Invoice & {
  subscription?: string | { id: string } | null;
  subscription_details?: { metadata?: Record<string, string> | null } | null;
};

export function parseInvoice(invoice: Stripe.Invoice, outcome: ParsedInvoice["outcome"]): ParsedInvoice {
  const any = invoice as AnyShape;
  const details = any.parent?.subscription_details ?? null;
  return {
    type: "invoice",
    invoiceId: requireField(invoice.id, "the invoice's id"),
    subscriptionId: getReferenceId(details?.subscription) ?? getReferenceId(any.subscription),
    customerId: getReferenceId(invoice.customer),
    ours: parseLicenzyMetadata(details?.metadata ?? any.subscription_details?.metadata),
    outcome,
    periodEnd: findPeriodEnd(invoice),
    amountPaid: invoice.amount_paid ?? 0,
  };
}

function findPeriodEnd(invoice: Stripe.Invoice): number | null {
  const ends = (invoice.lines?.data ?? []).flatMap(({ period }) => (period?.end == null ? [] : [period.end]));
  return ends.length === 0 ? null : fromSeconds(Math.max(...ends));
}
