import type Stripe from "stripe";
import { pageFields } from "../object-store.ts";
import { type Fields, optional, text } from "../params.ts";
import { type Route, route } from "../router.ts";
import { createdFilter } from "./created-filter.ts";

const listFields = {
  ...pageFields,
  created: createdFilter,
  customer: optional(text()),
} satisfies Fields & Partial<Record<keyof Stripe.PaymentIntentListParams, unknown>>;

export const paymentIntentRoutes: Route[] = [
  route("GET", "/v1/payment_intents", "rak_payment_intent", listFields, ({ context, params }) =>
    context.objects.list("payment_intent", "/v1/payment_intents", {
      page: params,
      created: params.created,
      fields: { customer: params.customer },
    }),
  ),
  route("GET", "/v1/payment_intents/:id", "rak_payment_intent", {}, ({ context, id }) =>
    context.objects.get("payment_intent", id),
  ),
];
