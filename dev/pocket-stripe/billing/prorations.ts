import type { Context } from "../context.ts";
import type { Line } from "./build-invoice.ts";
import type { Subscription, SubscriptionItem } from "./build-subscription.ts";
import {
  type CreditedItems,
  createProration,
  listInvoiceItems,
  type Proration,
  toInvoiceItem,
} from "./invoice-items.ts";
import { listInvoicesOf } from "./invoices.ts";
import { alignedPeriod, type Period } from "./period.ts";

/** Time that was billed for an item. */
interface Debit {
  amount: number;
  period: Period;
  price: SubscriptionItem["price"];
  quantity: number;
  credited: CreditedItems;
}

/**
 * Credits the unused time of an item, as Stripe does for a flexible billing mode: each debit of the item's
 * present period gives back its own share. What was not billed, was credited before or was on a void invoice
 * gives nothing. Returns the number of credits.
 */
export function creditUnusedTime(
  context: Context,
  subscription: Subscription,
  item: SubscriptionItem,
): number {
  const debits = findDebits(context, subscription, item);
  for (const debit of debits) {
    const start = Math.max(context.now, debit.period.start);
    const share = (debit.period.end - start) / (debit.period.end - debit.period.start);
    createProration(context, subscription, item, {
      ...debit,
      amount: -Math.round(debit.amount * share),
      period: { start, end: debit.period.end },
    });
  }
  return debits.length;
}

/** Charges an item for the time until its period ends. Returns the number of charges. */
export function chargeRemainingTime(
  context: Context,
  subscription: Subscription,
  item: SubscriptionItem,
): number {
  const { price, plan, quantity = 1, current_period_end: end } = item;
  if (quantity === 0 || end <= context.now) return 0;
  const whole = alignedPeriod(subscription.billing_cycle_anchor, context.now, plan);
  const share = (end - context.now) / (whole.end - whole.start);
  const charge: Proration = {
    amount: Math.round((price.unit_amount ?? 0) * quantity * share),
    period: { start: context.now, end },
    price,
    quantity,
    credited: null,
  };
  createProration(context, subscription, item, charge);
  return 1;
}

function findDebits(context: Context, subscription: Subscription, item: SubscriptionItem): Debit[] {
  const invoiceItems = listInvoiceItems(context, subscription.id);
  const credited = new Set(invoiceItems.flatMap((each) => toCreditedIds(each.proration_details)));
  const isOpen = ({ amount, period }: { amount: number; period: Period }) =>
    amount > 0 && period.end > context.now && period.start >= item.current_period_start;
  const pending = invoiceItems
    .filter((each) => each.invoice === null && isOpen(each) && !credited.has(each.id))
    .filter((each) => each.parent?.subscription_details?.subscription_item === item.id)
    .map(({ id, pricing, ...debit }) => ({
      ...debit,
      price: toPrice(context, pricing, item),
      credited: { type: "invoice_item", invoice_item: id },
    }));
  const invoiced = listInvoicesOf(context, subscription.id)
    .filter(({ status }) => status !== "void")
    .flatMap((invoice) => invoice.lines.data.map((line) => ({ ...line, invoice: invoice.id })))
    .filter((line) => line.parent?.subscription_item_details?.subscription_item === item.id && isOpen(line))
    .filter((line) => !credited.has(line.id) && !credited.has(toInvoiceItem(line) ?? ""))
    .map((line) => ({
      amount: toPaidAmount(line),
      period: line.period,
      price: toPrice(context, line.pricing, item),
      quantity: line.quantity ?? 1,
      credited: {
        type: "invoice_line_items",
        invoice_line_item_details: { invoice: line.invoice, invoice_line_items: [line.id] },
      },
    }));
  return [...pending, ...invoiced].filter(({ amount }) => amount > 0);
}

/** Returns the amount after discounts: a credit gives back what was debited. */
function toPaidAmount({ amount, discount_amounts: discounts }: Line): number {
  return (discounts ?? []).reduce((rest, discount) => rest - discount.amount, amount);
}

function toPrice(
  context: Context,
  pricing: Line["pricing"],
  item: SubscriptionItem,
): SubscriptionItem["price"] {
  const price = pricing?.price_details?.price;
  return (typeof price === "string" ? context.objects.find("price", price) : undefined) ?? item.price;
}

function toCreditedIds(details: { credited_items: CreditedItems | null } | undefined): string[] {
  const credited = details?.credited_items;
  return [
    ...(credited?.invoice_item === undefined ? [] : [credited.invoice_item]),
    ...(credited?.invoice_line_item_details?.invoice_line_items ?? []),
  ];
}
