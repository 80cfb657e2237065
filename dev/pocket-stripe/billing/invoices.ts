import type { Context } from "../context.ts";
import { emitEvent } from "../events.ts";
import type { PaymentMethodType } from "../payments/build-charge.ts";
import { endUsedDiscounts } from "../payments/discounts.ts";
import { failPayment, processPayment, startPayment, succeedPayment } from "../payments/payment.ts";
import type { StripeObjects } from "../wire.ts";
import { applyBalance, changeBalance, returnBalance } from "./balance.ts";
import type { Invoice } from "./build-invoice.ts";
import { addInvoicePayment, type InvoicePayment, markInvoicePaymentPaid } from "./invoice-payment.ts";

export function saveDraft(context: Context, draft: Invoice): Invoice {
  context.objects.insert(draft, { created: context.now });
  emitEvent(context, "invoice.created", draft);
  return draft;
}

/** Finalizes a draft: assigns its number, takes what the customer's balance pays, and makes the rest due. */
export function finalizeInvoice(context: Context, draft: Invoice): Invoice {
  const customer = context.objects.get("customer", String(draft.customer));
  const sequence = customer.next_invoice_sequence ?? 1;
  context.objects.save({ ...customer, next_invoice_sequence: sequence + 1 });
  const amounts = applyBalance(draft.total, customer.balance);
  changeBalance(context, customer.id, amounts.ending_balance ?? 0);
  const open: Invoice = {
    ...draft,
    ...amounts,
    automatically_finalizes_at: null,
    effective_at: context.now,
    hosted_invoice_url: `${context.publicOrigin}/pocket-stripe/invoice/${draft.id}`,
    number: `${customer.invoice_prefix}-${String(sequence).padStart(4, "0")}`,
    status: "open",
    status_transitions: { ...draft.status_transitions, finalized_at: context.now },
  };
  context.objects.save(open);
  emitEvent(context, "invoice.finalized", open);
  endUsedDiscounts(context, open);
  return open;
}

/** Outcome of a payment attempt. `processing`: a bank debit is in progress. */
export type Attempt = "succeed" | "fail" | "processing";

/**
 * Attempts to collect an open invoice. All attempts use one payment intent. Returns the changed invoice.
 * The caller updates the subscription and chooses `retryAt`.
 */
export function collectInvoice(
  context: Context,
  invoice: Invoice,
  attempt: Attempt,
  retryAt: number | null = null,
): Invoice {
  if (invoice.amount_remaining === 0) return markPaid(context, invoice, null);
  const payment = findPayment(context, invoice);
  const intent =
    payment === undefined
      ? openPayment(context, invoice, attempt === "processing" ? "sepa_debit" : "card")
      : context.objects.get("payment_intent", String(payment.payment.payment_intent));
  switch (attempt) {
    case "processing":
      processPayment(context, intent);
      return invoice;
    case "succeed":
      succeedPayment(context, intent);
      return markPaid(context, invoice, intent.id);
    case "fail":
      failPayment(context, intent);
      return markAttemptFailed(context, invoice, retryAt);
  }
}

/** Marks an invoice as paid by `paymentIntent`. `null` when the amount was 0. */
export function markPaid(context: Context, invoice: Invoice, paymentIntent: string | null): Invoice {
  const payment = findPayment(context, invoice);
  if (payment !== undefined && paymentIntent !== null) markInvoicePaymentPaid(context, payment);
  const settled: Invoice = {
    ...invoice,
    amount_paid: invoice.amount_due,
    amount_remaining: 0,
    attempt_count: invoice.attempt_count + (paymentIntent === null ? 0 : 1),
    attempted: true,
    auto_advance: false,
    next_payment_attempt: null,
    status: "paid",
    status_transitions: { ...invoice.status_transitions, paid_at: context.now },
  };
  context.objects.save(settled);
  emitEvent(context, "invoice.paid", settled);
  emitEvent(context, "invoice.payment_succeeded", settled);
  return settled;
}

export function markAttemptFailed(context: Context, invoice: Invoice, retryAt: number | null): Invoice {
  const failed: Invoice = {
    ...invoice,
    attempt_count: invoice.attempt_count + 1,
    attempted: true,
    auto_advance: retryAt !== null,
    next_payment_attempt: retryAt,
  };
  context.objects.save(failed);
  emitEvent(context, "invoice.payment_failed", failed);
  return failed;
}

export function voidInvoice(context: Context, invoice: Invoice): Invoice {
  const voided: Invoice = {
    ...invoice,
    auto_advance: false,
    next_payment_attempt: null,
    status: "void",
    status_transitions: { ...invoice.status_transitions, voided_at: context.now },
  };
  context.objects.save(voided);
  returnBalance(context, invoice);
  emitEvent(context, "invoice.voided", voided);
  return voided;
}

export function markUncollectible(context: Context, invoice: Invoice): Invoice {
  const uncollectible: Invoice = {
    ...invoice,
    auto_advance: false,
    next_payment_attempt: null,
    status: "uncollectible",
    status_transitions: { ...invoice.status_transitions, marked_uncollectible_at: context.now },
  };
  context.objects.save(uncollectible);
  emitEvent(context, "invoice.marked_uncollectible", uncollectible);
  return uncollectible;
}

/** Lists the invoices of a subscription, newest first. */
export function listInvoicesOf(context: Context, subscription: string): Invoice[] {
  return context.objects.list("invoice", "/v1/invoices", {
    fields: { "parent.subscription_details.subscription": subscription },
  }).data;
}

/** Returns the payment of an invoice that a payment intent makes. */
export function findInvoicePayment(context: Context, paymentIntent: string): InvoicePayment | undefined {
  return context.objects.list("invoice_payment", "/v1/invoice_payments", {
    fields: { "payment.payment_intent": paymentIntent },
  }).data[0];
}

/** Returns the payment that Stripe makes itself. A control can add others (`payInParts`). */
export function findPayment(context: Context, invoice: Invoice): InvoicePayment | undefined {
  return context.objects.list("invoice_payment", "/v1/invoice_payments", {
    parent: invoice.id,
    fields: { is_default: true },
  }).data[0];
}

function openPayment(
  context: Context,
  invoice: Invoice,
  method: PaymentMethodType,
): StripeObjects["payment_intent"] {
  const intent = startPayment(context, {
    amount: invoice.amount_remaining,
    currency: invoice.currency,
    customer: String(invoice.customer),
    email: invoice.customer_email,
    // Contains neither the subscription's metadata nor the invoice id, as with Stripe since 2025.
    metadata: {},
    description:
      invoice.billing_reason === "subscription_create" ? "Subscription creation" : "Payment for Invoice",
    method,
  });
  addInvoicePayment(context, invoice, {
    amount: invoice.amount_remaining,
    payment: { payment_intent: intent.id, type: "payment_intent" },
    isDefault: true,
  });
  return intent;
}
