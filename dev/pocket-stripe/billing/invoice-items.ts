import type { Context } from "../context.ts";
import { emitEvent } from "../events.ts";
import { newId } from "../ids.ts";
import type { StripeObjects } from "../wire.ts";
import { buildLine, type Line } from "./build-invoice.ts";
import type { Subscription, SubscriptionItem } from "./build-subscription.ts";
import type { Period } from "./period.ts";

export type InvoiceItem = StripeObjects["invoiceitem"];
export type CreditedItems = NonNullable<NonNullable<InvoiceItem["proration_details"]>["credited_items"]>;

export interface Proration {
  amount: number;
  period: Period;
  price: SubscriptionItem["price"];
  quantity: number;
  /** The debit that a credit gives back. `null` for a charge. */
  credited: CreditedItems | null;
}

/** Creates a proration as a pending invoice item, which the next invoice of the subscription takes. */
export function createProration(
  context: Context,
  subscription: Subscription,
  item: SubscriptionItem,
  { amount, period, price, quantity, credited }: Proration,
): void {
  const product = String(price.product);
  const name = context.objects.find("product", product)?.name ?? product;
  const date = new Date(period.start * 1000).toUTCString().slice(5, 16);
  const created: InvoiceItem = {
    id: newId("ii"),
    object: "invoiceitem",
    amount,
    currency: price.currency,
    customer: subscription.customer,
    customer_account: null,
    date: context.now,
    description: `${credited === null ? "Remaining" : "Unused"} time on ${quantity > 1 ? `${quantity} × ` : ""}${name} after ${date}`,
    discountable: false,
    discounts: [],
    invoice: null,
    livemode: context.scope.livemode,
    metadata: {},
    parent: {
      subscription_details: { subscription: subscription.id, subscription_item: item.id },
      type: "subscription_details",
    },
    period,
    pricing: {
      price_details: { price: price.id, product },
      type: "price_details",
      unit_amount_decimal: String(quantity === 0 ? 0 : amount / quantity),
    },
    proration: true,
    proration_details: { credited_items: credited, discount_amounts: [] },
    quantity,
    quantity_decimal: String(quantity),
    tax_rates: [],
    test_clock: null,
  };
  context.objects.insert(created, { created: context.now, parent: subscription.id });
  emitEvent(context, "invoiceitem.created", created);
}

/** Lists the invoice items of a subscription, newest first, without those of void invoices. */
export function listInvoiceItems(context: Context, subscription: string): InvoiceItem[] {
  return context.objects
    .list("invoiceitem", "/v1/invoiceitems", { parent: subscription })
    .data.filter(
      ({ invoice }) =>
        typeof invoice !== "string" || context.objects.find("invoice", invoice)?.status !== "void",
    );
}

/**
 * Moves the pending invoice items of a subscription to an invoice, and returns their lines: newest first,
 * and those of one second in the order of their creation.
 */
export function takePendingLines(context: Context, invoice: string, subscription: string): Line[] {
  const taken = listInvoiceItems(context, subscription)
    .filter((item) => item.invoice === null)
    .reverse()
    .sort((a, b) => b.date - a.date)
    .map((item) => ({ item, id: newId("il") }));
  return taken.map(({ item, id }) => {
    context.objects.save({ ...item, invoice });
    const debit = taken.find((other) => other.item.id === toCredited(item)?.invoice_item);
    const credited =
      debit === undefined ? findCreditedLines(context, item) : { invoice, invoice_line_items: [debit.id] };
    return { ...buildProrationLine(context, invoice, item, credited), id };
  });
}

type CreditedLines = NonNullable<CreditedItems["invoice_line_item_details"]>;

function buildProrationLine(
  context: Context,
  invoice: string,
  item: InvoiceItem,
  credited: CreditedLines | null,
): Line {
  const { subscription = "", subscription_item = "" } = item.parent?.subscription_details ?? {};
  const { amount, currency, description, period, quantity } = item;
  const line = buildLine(context, invoice, {
    amount,
    currency,
    description,
    metadata: item.metadata ?? {},
    period,
    quantity,
    subscription,
    parent: {
      invoice_item_details: null,
      subscription_item_details: {
        invoice_item: item.id,
        proration: true,
        proration_details: { credited_items: credited },
        subscription,
        subscription_item,
      },
      type: "subscription_item_details",
    },
    pricing: item.pricing,
  });
  return { ...line, discountable: false };
}

/**
 * Returns the lines that a proration credits. A credit of a pending invoice item names lines only once that
 * is invoiced.
 */
function findCreditedLines(context: Context, item: InvoiceItem): CreditedLines | null {
  const credited = toCredited(item);
  if (credited?.invoice_line_item_details !== undefined) return credited.invoice_line_item_details;
  const debit = credited?.invoice_item && context.objects.find("invoiceitem", credited.invoice_item);
  if (!debit || typeof debit.invoice !== "string") return null;
  const lines = context.objects.find("invoice", debit.invoice)?.lines.data ?? [];
  const line = lines.find((each) => toInvoiceItem(each) === debit.id);
  return line === undefined ? null : { invoice: debit.invoice, invoice_line_items: [line.id] };
}

function toCredited({ proration_details: details }: InvoiceItem): CreditedItems | null {
  return details?.credited_items ?? null;
}

/** Returns the invoice item that a line of a proration came from. */
export function toInvoiceItem(line: Line): string | null {
  return line.parent?.subscription_item_details?.invoice_item ?? null;
}
