import type { Settlement } from "./action.ts";
import { buildInvoice } from "./invoice-json.ts";
import type { Invoice, Line, Subscription } from "./truth.ts";
import type { World } from "./world.ts";

const currency = "eur";

/** Issues an invoice of the lines and settles it. Returns the outcome. */
export function issueInvoice(
  world: World,
  subscription: Subscription,
  lines: Line[],
  settlement: Settlement,
): Settlement["outcome"] {
  const discounted = lines.map((line) => ({ ...line, discount: getDiscount(line, settlement) }));
  const total = discounted.reduce((sum, { amount, discount }) => sum + amount - discount, 0);
  const invoice: Invoice = {
    id: world.id("in"),
    subscriptionId: subscription.id,
    lines: discounted,
    currency,
    amountDue: Math.max(0, total),
    amountPaid: 0,
    isPaidOutside: false,
    paidAt: null,
    isVoid: false,
    payments: [],
  };
  world.truth.invoices.push(invoice);
  return settleInvoice(world, subscription, invoice, settlement);
}

/** Settles an unpaid invoice. What needs no payment is always paid. */
export function settleInvoice(
  world: World,
  subscription: Subscription,
  invoice: Invoice,
  { outcome, funding, payments }: Settlement,
): Settlement["outcome"] {
  if (funding === "credit_balance") invoice.amountDue = 0;
  if (invoice.amountDue === 0 || outcome === "paid") {
    invoice.isPaidOutside = funding === "out_of_band";
    payInvoice(world, subscription, invoice, payments);
    return "paid";
  }
  if (outcome === "failed")
    world.emit("invoice.payment_failed", buildInvoice(invoice, subscription, world.shape));
  return outcome;
}

function payInvoice(world: World, subscription: Subscription, invoice: Invoice, payments: number): void {
  invoice.amountPaid = invoice.amountDue;
  invoice.paidAt = world.seconds;
  const received = invoice.isPaidOutside ? 0 : invoice.amountDue;
  invoice.payments = split(received, payments).map((amount) => ({
    id: world.id("pi"),
    amount,
    currency,
    invoiceId: invoice.id,
    refunds: [],
    disputes: [],
  }));
  world.truth.payments.push(...invoice.payments);
  const paid = buildInvoice(invoice, subscription, world.shape);
  world.emit("invoice.paid", paid);
  world.emit("invoice.payment_succeeded", paid);
}

function getDiscount({ amount }: Line, { funding }: Settlement): number {
  if (amount <= 0) return 0;
  if (funding === "coupon") return amount;
  return funding === "half_coupon" ? Math.floor(amount / 2) : 0;
}

/** Splits an amount into unequal parts, each at least 1. */
function split(amount: number, parts: number): number[] {
  if (amount === 0) return [];
  const count = Math.min(parts, amount);
  const share = Math.floor(amount / (count + 1)) || 1;
  const shares = Array.from({ length: count - 1 }, () => share);
  return [...shares, amount - share * (count - 1)];
}
