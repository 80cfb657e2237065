import type { Invoice, Subscription, Truth } from "../model/truth.ts";
import type { Billing } from "./items.ts";
import { type Reversal, sumReversals } from "./reversals.ts";

/** A line of a paid invoice that covers `[start, end)` for a product. */
export interface Coverage {
  invoice: Invoice;
  product: string;
  itemId: string;
  price: string;
  quantity: number;
  /** The index of the subscription's state that it pays for. */
  state: number;
  start: number;
  end: number;
  paidAt: number;
  /** Whether the customer paid money for the invoice. */
  isMoney: boolean;
  reversal: Reversal;
  /** Whether a full reversal or an open dispute takes the coverage away. */
  isRemoved: boolean;
}

/** Returns what the paid invoices of the subscription cover, also where it was taken back. */
export function findCoverage(truth: Truth, subscription: Subscription, billing: Billing): Coverage[] {
  return truth.invoices
    .filter(({ subscriptionId, paidAt }) => subscriptionId === subscription.id && paidAt !== null)
    .flatMap((invoice) => findCoverageOfInvoice(invoice, billing));
}

function findCoverageOfInvoice(invoice: Invoice, billing: Billing): Coverage[] {
  const isMoney = invoice.amountPaid > 0;
  const reversal = sumReversals(invoice.payments, invoice.amountPaid);
  // Nothing was paid for a free invoice, so nothing can be taken back.
  const isRemoved = isMoney && (reversal.isFull || reversal.openDisputes.length > 0);
  return invoice.lines.flatMap(({ itemId, price, quantity, amount, isTrial, state, start, end }) => {
    if (itemId === null || amount < 0 || quantity === 0) return [];
    if (!isMoney && amount === 0 && !isTrial) return [];
    const product = billing.productAt(itemId, price);
    if (product === null) return [];
    const paidAt = invoice.paidAt ?? 0;
    const line = { invoice, product, itemId, price, quantity, state, start, end };
    return [{ ...line, paidAt, isMoney, reversal, isRemoved }];
  });
}

export const covers = ({ start, end }: Coverage, now: number): boolean => start <= now && now < end;
