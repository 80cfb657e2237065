import type Stripe from "stripe";
import { pageFields } from "../object-store.ts";
import { applyMetadata, type Fields, integer, metadata, oneOf, optional, text } from "../params.ts";
import { createRefund, findCharge } from "../payments/refund.ts";
import { type Route, route } from "../router.ts";
import { createdFilter } from "./created-filter.ts";

const createFields = {
  charge: optional(text()),
  payment_intent: optional(text()),
  amount: optional(integer({ min: 1 })),
  reason: optional(oneOf("duplicate", "fraudulent", "requested_by_customer")),
  metadata: metadata(),
} satisfies Fields & Partial<Record<keyof Stripe.RefundCreateParams, unknown>>;

const listFields = {
  ...pageFields,
  created: createdFilter,
  charge: optional(text()),
  payment_intent: optional(text()),
} satisfies Fields & Partial<Record<keyof Stripe.RefundListParams, unknown>>;

export const refundRoutes: Route[] = [
  route("POST", "/v1/refunds", "rak_charge", createFields, ({ context, params }) =>
    createRefund(context, findCharge(context, params), {
      amount: params.amount,
      reason: params.reason ?? null,
      metadata: applyMetadata({}, params.metadata),
    }),
  ),
  route("GET", "/v1/refunds", "rak_charge", listFields, ({ context, params }) =>
    context.objects.list("refund", "/v1/refunds", {
      page: params,
      created: params.created,
      fields: { charge: params.charge, payment_intent: params.payment_intent },
    }),
  ),
  route("GET", "/v1/refunds/:id", "rak_charge", {}, ({ context, id }) => context.objects.get("refund", id)),
];
