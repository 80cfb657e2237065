import type Stripe from "stripe";
import { pageFields } from "../object-store.ts";
import { type Fields, optional, text } from "../params.ts";
import { type Route, route } from "../router.ts";
import { createdFilter } from "./created-filter.ts";

const listFields = {
  ...pageFields,
  created: createdFilter,
  charge: optional(text()),
  payment_intent: optional(text()),
} satisfies Fields & Partial<Record<keyof Stripe.DisputeListParams, unknown>>;

export const disputeRoutes: Route[] = [
  route("GET", "/v1/disputes", "rak_dispute", listFields, ({ context, params }) =>
    context.objects.list("dispute", "/v1/disputes", {
      page: params,
      created: params.created,
      fields: { charge: params.charge, payment_intent: params.payment_intent },
    }),
  ),
  route("GET", "/v1/disputes/:id", "rak_dispute", {}, ({ context, id }) =>
    context.objects.get("dispute", id),
  ),
];
