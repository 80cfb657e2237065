import type Stripe from "stripe";
import { collectDue, getSubscriptionId } from "../billing/collect.ts";
import { scheduleSubscription } from "../billing/schedule.ts";
import { declined, invalidRequest } from "../errors.ts";
import { pageFields } from "../object-store.ts";
import { type Fields, group, oneOf, optional, text } from "../params.ts";
import { type Route, route } from "../router.ts";
import { createdFilter } from "./created-filter.ts";

const listFields = {
  ...pageFields,
  created: createdFilter,
  customer: optional(text()),
  status: optional(oneOf("draft", "open", "paid", "uncollectible", "void")),
  subscription: optional(text()),
} satisfies Fields & Partial<Record<keyof Stripe.InvoiceListParams, unknown>>;

const paymentListFields = {
  ...pageFields,
  created: createdFilter,
  invoice: optional(text()),
  payment: optional(
    group({ type: oneOf("payment_intent"), payment_intent: optional(text()) } satisfies Fields &
      Partial<Record<keyof Stripe.InvoicePaymentListParams.Payment, unknown>>),
  ),
  status: optional(oneOf("open", "paid", "canceled")),
} satisfies Fields & Partial<Record<keyof Stripe.InvoicePaymentListParams, unknown>>;

const permission = "rak_invoice";

export const invoiceRoutes: Route[] = [
  route("GET", "/v1/invoices", permission, listFields, ({ context, params }) => {
    const { customer, status, subscription } = params;
    return context.objects.list("invoice", "/v1/invoices", {
      page: params,
      created: params.created,
      fields: { customer, status, "parent.subscription_details.subscription": subscription },
    });
  }),

  route("GET", "/v1/invoices/:id", permission, {}, ({ context, id }) => context.objects.get("invoice", id)),

  route("POST", "/v1/invoices/:id/pay", permission, {}, ({ context, id }) => {
    const invoice = context.objects.get("invoice", id);
    if (invoice.status !== "open") {
      throw invalidRequest(`Invoice is ${invoice.status}, only open invoices can be paid.`, {
        code: "invoice_not_editable",
      });
    }
    const paid = collectDue(context, invoice);
    const subscription = getSubscriptionId(invoice);
    if (subscription !== null) scheduleSubscription(context, subscription);
    return paid.status === "paid" ? paid : declined();
  }),

  route("GET", "/v1/invoice_payments", permission, paymentListFields, ({ context, params }) => {
    const { invoice, payment, status } = params;
    return context.objects.list("invoice_payment", "/v1/invoice_payments", {
      page: params,
      created: params.created,
      fields: {
        invoice,
        status,
        "payment.type": payment?.type,
        "payment.payment_intent": payment?.payment_intent,
      },
    });
  }),

  route("GET", "/v1/invoice_payments/:id", permission, {}, ({ context, id }) =>
    context.objects.get("invoice_payment", id),
  ),
];
