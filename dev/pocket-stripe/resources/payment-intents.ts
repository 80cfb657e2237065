import type Stripe from "stripe";
import { declined, invalidRequest } from "../errors.ts";
import { pageFields } from "../object-store.ts";
import {
  applyMetadata,
  boolean,
  type Fields,
  integer,
  list,
  metadata,
  oneOf,
  optional,
  text,
} from "../params.ts";
import { failPayment, startPayment, succeedPayment } from "../payments/payment.ts";
import { type Route, route } from "../router.ts";
import { createdFilter } from "./created-filter.ts";

const listFields = {
  ...pageFields,
  created: createdFilter,
  customer: optional(text()),
} satisfies Fields & Partial<Record<keyof Stripe.PaymentIntentListParams, unknown>>;

/** Of a payment that other software takes by itself, without a Checkout session and without an invoice. */
const createFields = {
  amount: integer({ min: 50, max: 99_999_999 }),
  currency: text({ max: 3 }),
  confirm: optional(boolean()),
  customer: optional(text()),
  description: optional(text({ max: 1_000 })),
  metadata: metadata(),
  payment_method: optional(oneOf("pm_card_visa", "pm_card_chargeCustomerFail")),
  payment_method_types: optional(list(oneOf("card"))),
  receipt_email: optional(text({ max: 512 })),
} satisfies Fields & Partial<Record<keyof Stripe.PaymentIntentCreateParams, unknown>>;

const updateFields = {
  description: optional(text({ max: 1_000 })),
  metadata: metadata(),
} satisfies Fields & Partial<Record<keyof Stripe.PaymentIntentUpdateParams, unknown>>;

export const paymentIntentRoutes: Route[] = [
  route("POST", "/v1/payment_intents", "rak_payment_intent", createFields, ({ context, params }) => {
    const { customer, payment_method } = params;
    if (params.confirm !== true || payment_method === undefined)
      throw invalidRequest(
        "Pocket Stripe creates payment intents that are confirmed at once, with `confirm=true` and a `payment_method`.",
        { param: "confirm" },
      );
    if (customer !== undefined) context.objects.get("customer", customer, "customer");
    const intent = startPayment(context, {
      amount: params.amount,
      currency: params.currency,
      customer: customer ?? null,
      email: params.receipt_email ?? null,
      metadata: applyMetadata({}, params.metadata),
      description: params.description ?? null,
      method: "card",
    });
    if (payment_method === "pm_card_visa") return succeedPayment(context, intent);
    failPayment(context, intent);
    return declined();
  }),

  // A charge keeps the metadata of its payment intent as it was at the payment.
  route("POST", "/v1/payment_intents/:id", "rak_payment_intent", updateFields, ({ context, id, params }) => {
    const before = context.objects.get("payment_intent", id);
    const { description } = params;
    const after = {
      ...before,
      ...(description === undefined ? {} : { description }),
      metadata: applyMetadata(before.metadata, params.metadata),
    };
    // Stripe sends no event of it.
    context.objects.save(after);
    return after;
  }),

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
