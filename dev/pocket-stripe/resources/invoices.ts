import type Stripe from "stripe";
import type { Invoice } from "../billing/build-invoice.ts";
import { collectDue, getSubscriptionId, updateStatusFromInvoice } from "../billing/collect.ts";
import { markUncollectible, voidInvoice } from "../billing/invoices.ts";
import { scheduleSubscription } from "../billing/schedule.ts";
import type { Context } from "../context.ts";
import { paginate } from "../embedded-lists.ts";
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

  route("GET", "/v1/invoices/:id/lines", permission, pageFields, ({ context, id, params }) =>
    paginate(context.objects.get("invoice", id).lines, "line_item", params),
  ),

  route("POST", "/v1/invoices/:id/pay", permission, {}, ({ context, id }) => {
    const invoice = context.objects.get("invoice", id);
    if (!isOwed(invoice)) {
      throw invalidRequest(`Invoice is ${invoice.status}, only open invoices can be paid.`, {
        code: "invoice_not_editable",
      });
    }
    const paid = collectDue(context, invoice);
    reschedule(context, paid);
    return paid.status === "paid" ? paid : declined();
  }),

  route("POST", "/v1/invoices/:id/void", permission, {}, ({ context, id }) => {
    const invoice = context.objects.get("invoice", id);
    if (!isOwed(invoice)) {
      throw invalidRequest(
        `You can only void open or uncollectible invoices. This invoice is ${invoice.status}.`,
      );
    }
    return settle(context, voidInvoice(context, invoice));
  }),

  route("POST", "/v1/invoices/:id/mark_uncollectible", permission, {}, ({ context, id }) => {
    const invoice = context.objects.get("invoice", id);
    if (invoice.status !== "open") {
      throw invalidRequest(
        `You can only mark open invoices as uncollectible. This one is ${invoice.status}.`,
      );
    }
    return settle(context, markUncollectible(context, invoice));
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

function isOwed({ status }: Invoice): boolean {
  return status === "open" || status === "uncollectible";
}

/** Updates the subscription after its invoice was written off or voided. */
function settle(context: Context, invoice: Invoice): Invoice {
  updateStatusFromInvoice(context, invoice);
  reschedule(context, invoice);
  return invoice;
}

function reschedule(context: Context, invoice: Invoice): void {
  const subscription = getSubscriptionId(invoice);
  if (subscription !== null) scheduleSubscription(context, subscription);
}
