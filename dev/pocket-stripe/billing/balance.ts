import type { Context } from "../context.ts";
import { changeObject } from "../events.ts";
import type { StripeObjects } from "../wire.ts";

type Amounts = Pick<
  StripeObjects["invoice"],
  "amount_due" | "amount_remaining" | "ending_balance" | "starting_balance"
>;

/** Returns what is due of `total` after the customer's balance. A negative balance is a credit. */
export function applyBalance(total: number, balance: number): Amounts {
  const due = Math.max(total + balance, 0);
  return {
    amount_due: due,
    amount_remaining: due,
    ending_balance: Math.min(total + balance, 0),
    starting_balance: balance,
  };
}

export function changeBalance(context: Context, customerId: string, balance: number): void {
  const customer = context.objects.get("customer", customerId);
  changeObject(context, "customer.updated", customer, { ...customer, balance });
}

/** Returns the credit that paid a part of an invoice to the customer. */
export function returnBalance(context: Context, invoice: StripeObjects["invoice"]): void {
  const applied = invoice.total - invoice.amount_due;
  const customer = context.objects.find("customer", String(invoice.customer));
  if (applied === 0 || customer === undefined || invoice.status === "draft") return;
  changeBalance(context, customer.id, customer.balance - applied);
}
