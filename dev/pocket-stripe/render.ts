import type { Context } from "./context.ts";
import { cutEmbeddedLists } from "./embedded-lists.ts";
import { oldApiVersions, toOldShape } from "./old-api-versions.ts";
import type { ApiObject, Json } from "./wire.ts";

/**
 * Returns `object` as JSON in the shape of `version`, with the first page of the lists inside it. `null`
 * means the account's version, which is the newest.
 */
export function renderForVersion(context: Context, object: ApiObject, version: string | null): Json {
  const json = cutEmbeddedLists(object as unknown as Json);
  if (version === null || !oldApiVersions.includes(version)) return json;
  const payments = (fields: Record<string, string>) =>
    context.objects.list("invoice_payment", "/v1/invoice_payments", { fields }).data[0];
  return toOldShape(json, version, {
    findInvoice(paymentIntentId) {
      const invoice = payments({ "payment.payment_intent": paymentIntentId })?.invoice;
      return typeof invoice === "string" ? invoice : null;
    },
    findPrice: (id) => (context.objects.find("price", id) ?? null) as unknown as Json,
    findPayment(invoiceId) {
      const intent = payments({ invoice: invoiceId })?.payment.payment_intent;
      if (typeof intent !== "string") return { payment_intent: null, charge: null };
      const charge = context.objects.find("payment_intent", intent)?.latest_charge;
      return { payment_intent: intent, charge: typeof charge === "string" ? charge : null };
    },
  });
}
