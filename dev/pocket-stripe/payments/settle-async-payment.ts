import type { Invoice } from "../billing/build-invoice.ts";
import { getSubscriptionId, updateStatusFromInvoice } from "../billing/collect.ts";
import { findInvoicePayment, markAttemptFailed, markPaid } from "../billing/invoices.ts";
import { receivePart } from "../billing/pay-in-parts.ts";
import { scheduleSubscription } from "../billing/schedule.ts";
import type { Context } from "../context.ts";
import { invalidRequest } from "../errors.ts";
import { emitEvent } from "../events.ts";
import type { StripeObjects } from "../wire.ts";
import { failPayment, succeedPayment } from "./payment.ts";

/** Settles a processing payment, days after its session was completed. */
export function settleAsyncPayment(
  context: Context,
  intent: StripeObjects["payment_intent"],
  outcome: "succeeded" | "failed",
): StripeObjects["payment_intent"] {
  if (intent.status !== "processing") {
    throw invalidRequest(`${intent.id} is ${intent.status}, not processing.`, { param: "payment_intent" });
  }
  const settled = outcome === "succeeded" ? succeedPayment(context, intent) : failPayment(context, intent);
  const payment = findInvoicePayment(context, intent.id);
  const invoice = payment && settleInvoice(context, payment, outcome);
  // A part of an invoice that is still open ends no checkout.
  if (invoice?.status === "open" && payment?.is_default === false) return settled;
  const session = findSession(
    context,
    invoice === undefined ? { payment_intent: intent.id } : { invoice: invoice.id },
  );
  if (session === undefined) return settled;
  if (outcome === "failed") {
    emitEvent(context, "checkout.session.async_payment_failed", session);
    return settled;
  }
  const paid: StripeObjects["checkout.session"] = { ...session, payment_status: "paid" };
  context.objects.save(paid);
  emitEvent(context, "checkout.session.async_payment_succeeded", paid);
  return settled;
}

function settleInvoice(
  context: Context,
  payment: StripeObjects["invoice_payment"],
  outcome: "succeeded" | "failed",
): Invoice {
  const invoice = context.objects.get("invoice", String(payment.invoice));
  if (!payment.is_default) return outcome === "failed" ? invoice : receivePart(context, invoice, payment);
  const after =
    outcome === "succeeded"
      ? markPaid(context, invoice, String(payment.payment.payment_intent))
      : markAttemptFailed(context, invoice, null);
  updateStatusFromInvoice(context, after);
  const subscription = getSubscriptionId(invoice);
  if (subscription !== null) scheduleSubscription(context, subscription);
  return after;
}

function findSession(
  context: Context,
  fields: Record<string, string>,
): StripeObjects["checkout.session"] | undefined {
  return context.objects.list("checkout.session", "/v1/checkout/sessions", { fields }).data[0];
}
