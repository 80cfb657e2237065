import { z } from "zod";
import { payInParts } from "../billing/pay-in-parts.ts";
import { type Control, openObjectContext, readBody } from "./control.ts";

const body = z.strictObject({
  payments: z
    .array(
      z.strictObject({
        amount: z.int().min(1),
        outcome: z.enum(["paid", "processing", "out_of_band"]).optional(),
      }),
    )
    .min(1)
    .max(50),
});

/** Pays an open invoice in parts. The clock may move between two calls for one invoice. */
export const controlInvoicePayments: Control = (world, json, id) => {
  const { payments } = readBody(body, json);
  const context = openObjectContext(world, "invoice", id);
  const parts = payments.map(({ amount, outcome = "paid" }) => ({ amount, outcome }));
  const invoice = payInParts(context, context.objects.get("invoice", id), parts);
  const made = context.objects.list("invoice_payment", "/v1/invoice_payments", { parent: id });
  return { reply: { invoice, payments: made.data } };
};
