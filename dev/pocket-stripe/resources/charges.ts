import type Stripe from "stripe";
import { pageFields } from "../object-store.ts";
import { type Fields, optional, text } from "../params.ts";
import { type Route, route } from "../router.ts";
import { createdFilter } from "./created-filter.ts";

const listFields = {
  ...pageFields,
  created: createdFilter,
  customer: optional(text()),
  payment_intent: optional(text()),
} satisfies Fields & Partial<Record<keyof Stripe.ChargeListParams, unknown>>;

export const chargeRoutes: Route[] = [
  route("GET", "/v1/charges", "rak_charge", listFields, ({ context, params }) =>
    context.objects.list("charge", "/v1/charges", {
      page: params,
      created: params.created,
      fields: { customer: params.customer, payment_intent: params.payment_intent },
    }),
  ),
  route("GET", "/v1/charges/:id", "rak_charge", {}, ({ context, id }) => context.objects.get("charge", id)),
];
