import { z } from "zod";
import { buildInvoice, buildManualLine } from "../billing/build-invoice.ts";
import { collectInvoice, finalizeInvoice, saveDraft } from "../billing/invoices.ts";
import { type Control, openObjectContext, readBody } from "./control.ts";

const body = z.strictObject({
  customer: z.string(),
  amount: z.int().min(1),
  currency: z.string().length(3).optional(),
  outcome: z.enum(["paid", "failed"]),
});

/** Creates an invoice without a subscription, as in Stripe's dashboard. */
export const controlNewInvoice: Control = (world, json) => {
  const { customer, amount, currency = "usd", outcome } = readBody(body, json);
  const context = openObjectContext(world, "customer", customer);
  const draft = buildInvoice(context, {
    customer: context.objects.get("customer", customer),
    currency,
    reason: "manual",
    period: { start: context.now, end: context.now },
    subscription: null,
    lines: (invoice) => [buildManualLine(context, invoice, amount, currency)],
  });
  const open = finalizeInvoice(context, saveDraft(context, draft));
  return { reply: { invoice: collectInvoice(context, open, outcome === "paid" ? "succeed" : "fail") } };
};
