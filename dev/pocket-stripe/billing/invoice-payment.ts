import type { Context } from "../context.ts";
import { emitEvent } from "../events.ts";
import { newId } from "../ids.ts";
import type { StripeObjects } from "../wire.ts";
import type { Invoice } from "./build-invoice.ts";

export type InvoicePayment = StripeObjects["invoice_payment"];

/** Adds an open payment of `amount` to the invoice. `isDefault`: Stripe makes it itself. */
export function addInvoicePayment(
  context: Context,
  invoice: Invoice,
  { amount, payment, isDefault }: { amount: number; payment: InvoicePayment["payment"]; isDefault: boolean },
): InvoicePayment {
  const added: InvoicePayment = {
    id: newId("inpay"),
    object: "invoice_payment",
    amount_paid: null,
    amount_requested: amount,
    created: context.now,
    currency: invoice.currency,
    invoice: invoice.id,
    is_default: isDefault,
    livemode: context.scope.livemode,
    payment,
    status: "open",
    status_transitions: { canceled_at: null, paid_at: null },
  };
  context.objects.insert(added, { created: context.now, parent: invoice.id });
  return added;
}

export function markInvoicePaymentPaid(context: Context, payment: InvoicePayment): void {
  const paid: InvoicePayment = {
    ...payment,
    amount_paid: payment.amount_requested,
    status: "paid",
    status_transitions: { ...payment.status_transitions, paid_at: context.now },
  };
  context.objects.save(paid);
  emitEvent(context, "invoice_payment.paid", paid);
}
