import type { Context } from "../context.ts";
import { invalidRequest } from "../errors.ts";
import { changeObject, emitEvent } from "../events.ts";
import { newId } from "../ids.ts";
import { processPayment, startPayment, succeedPayment } from "../payments/payment.ts";
import type { StripeObjects } from "../wire.ts";
import type { Invoice } from "./build-invoice.ts";
import { getSubscriptionId, updateStatusFromInvoice } from "./collect.ts";
import { addInvoicePayment, type InvoicePayment, markInvoicePaymentPaid } from "./invoice-payment.ts";
import { findPayment, markPaid } from "./invoices.ts";
import { scheduleSubscription } from "./schedule.ts";

/** `out_of_band`: the shop reported money that Stripe never saw, as Stripe's payment records do. */
export type PartOutcome = "paid" | "processing" | "out_of_band";

export interface Part {
  amount: number;
  outcome: PartOutcome;
}

/**
 * Pays an open invoice in parts, each with its own payment intent, as if attached with `attach_payment`. The
 * invoice is paid by the part that completes it, and its own default payment is then canceled.
 */
export function payInParts(context: Context, invoice: Invoice, parts: Part[]): Invoice {
  if (invoice.status !== "open") {
    throw invalidRequest(`Invoice is ${invoice.status}, only open invoices can be paid.`, {
      code: "invoice_not_editable",
    });
  }
  const amount = parts.reduce((sum, part) => sum + part.amount, 0);
  const payable = invoice.amount_remaining - sumUnderway(context, invoice);
  if (amount > payable) {
    throw invalidRequest(`The parts are ${amount} in total, but only ${payable} can be paid.`, {
      param: "payments",
    });
  }
  return parts.reduce((before, part) => payPart(context, before, part), invoice);
}

/** Returns the amount of the payments that are processing. */
function sumUnderway(context: Context, invoice: Invoice): number {
  return context.objects
    .list("invoice_payment", "/v1/invoice_payments", { parent: invoice.id, fields: { status: "open" } })
    .data.filter(({ payment }) => {
      const intent = context.objects.find("payment_intent", String(payment.payment_intent));
      return intent?.status === "processing";
    })
    .reduce((sum, { amount_requested }) => sum + amount_requested, 0);
}

function payPart(context: Context, invoice: Invoice, { amount, outcome }: Part): Invoice {
  if (outcome === "out_of_band") {
    const record = { payment_record: newId("pr"), type: "payment_record" };
    const part = addInvoicePayment(context, invoice, { amount, payment: record, isDefault: false });
    return receivePart(context, invoice, part);
  }
  const intent = startPayment(context, {
    amount,
    currency: invoice.currency,
    customer: String(invoice.customer),
    email: invoice.customer_email,
    metadata: {},
    description: null,
    method: outcome === "paid" ? "card" : "sepa_debit",
  });
  const payment = addInvoicePayment(context, invoice, {
    amount,
    payment: { payment_intent: intent.id, type: "payment_intent" },
    isDefault: false,
  });
  if (outcome === "processing") {
    processPayment(context, intent);
    return invoice;
  }
  succeedPayment(context, intent);
  return receivePart(context, invoice, payment);
}

/** Counts a part that was paid now, and updates the subscription if the invoice is paid with it. */
export function receivePart(context: Context, invoice: Invoice, payment: InvoicePayment): Invoice {
  markInvoicePaymentPaid(context, payment);
  const remaining = invoice.amount_remaining - payment.amount_requested;
  resizeDefaultPayment(context, invoice, remaining);
  if (remaining > 0) {
    return changeObject(context, "invoice.updated", invoice, {
      ...invoice,
      amount_paid: invoice.amount_paid + payment.amount_requested,
      amount_remaining: remaining,
      attempted: true,
    });
  }
  const settled = markPaid(context, invoice, null);
  updateStatusFromInvoice(context, settled);
  const subscription = getSubscriptionId(settled);
  if (subscription !== null) scheduleSubscription(context, subscription);
  return settled;
}

/** Keeps the default payment equal to what remains. Cancels it with its payment intent when nothing does. */
function resizeDefaultPayment(context: Context, invoice: Invoice, remaining: number): void {
  const payment = findPayment(context, invoice);
  if (payment?.status !== "open") return;
  const intent = context.objects.get("payment_intent", String(payment.payment.payment_intent));
  if (remaining > 0) {
    context.objects.save({ ...payment, amount_requested: remaining });
    context.objects.save({ ...intent, amount: remaining });
    return;
  }
  const transitions = { ...payment.status_transitions, canceled_at: context.now };
  context.objects.save({ ...payment, status: "canceled", status_transitions: transitions });
  const canceled: StripeObjects["payment_intent"] = {
    ...intent,
    canceled_at: context.now,
    cancellation_reason: "automatic",
    status: "canceled",
  };
  context.objects.save(canceled);
  emitEvent(context, "payment_intent.canceled", canceled);
}
