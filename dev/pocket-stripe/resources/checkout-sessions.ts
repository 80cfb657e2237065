import type Stripe from "stripe";
import { checkoutLocales } from "../../../shared/contract/enums.ts";
import type { Context } from "../context.ts";
import { invalidRequest } from "../errors.ts";
import { pageFields } from "../object-store.ts";
import {
  applyMetadata,
  boolean,
  type Decoded,
  type Fields,
  group,
  integer,
  list,
  metadata,
  oneOf,
  optional,
  text,
  timestamp,
} from "../params.ts";
import { buildLineItems, buildSession, type SessionOrder } from "../payments/build-session.ts";
import { findCoupon } from "../payments/discounts.ts";
import { expireSession } from "../payments/expire-session.ts";
import { type Route, route } from "../router.ts";
import { setTimer } from "../timers.ts";
import type { StripeObjects } from "../wire.ts";
import { createdFilter } from "./created-filter.ts";
import { webUrl } from "./web-url.ts";

type Price = StripeObjects["price"];

const minute = 60;
const day = 86_400;

const createFields = {
  mode: oneOf("payment", "subscription"),
  line_items: list(
    group({ price: text(), quantity: optional(integer({ min: 1, max: 999_999 })) } satisfies Fields &
      Partial<Record<keyof Stripe.Checkout.SessionCreateParams.LineItem, unknown>>),
  ),
  success_url: webUrl,
  cancel_url: optional(webUrl),
  client_reference_id: optional(text({ max: 200 })),
  customer: optional(text()),
  customer_email: optional(text({ max: 800 })),
  customer_creation: optional(oneOf("always", "if_required")),
  discounts: optional(
    list(
      group({ coupon: text() } satisfies Fields &
        Partial<Record<keyof Stripe.Checkout.SessionCreateParams.Discount, unknown>>),
      { max: 1 },
    ),
  ),
  expires_at: optional(timestamp()),
  allow_promotion_codes: optional(boolean()),
  automatic_tax: optional(
    group({ enabled: boolean() } satisfies Fields &
      Partial<Record<keyof Stripe.Checkout.SessionCreateParams.AutomaticTax, unknown>>),
  ),
  customer_update: optional(
    group({ address: optional(oneOf("auto", "never")) } satisfies Fields &
      Partial<Record<keyof Stripe.Checkout.SessionCreateParams.CustomerUpdate, unknown>>),
  ),
  locale: optional(oneOf("auto", ...checkoutLocales)),
  metadata: metadata(),
  payment_intent_data: optional(
    group({ metadata: metadata() } satisfies Fields &
      Partial<Record<keyof Stripe.Checkout.SessionCreateParams.PaymentIntentData, unknown>>),
  ),
  subscription_data: optional(
    group({
      metadata: metadata(),
      trial_period_days: optional(integer({ min: 1, max: 730 })),
    } satisfies Fields &
      Partial<Record<keyof Stripe.Checkout.SessionCreateParams.SubscriptionData, unknown>>),
  ),
  ui_mode: optional(oneOf("hosted_page")),
} satisfies Fields & Partial<Record<keyof Stripe.Checkout.SessionCreateParams, unknown>>;

const listFields = {
  ...pageFields,
  created: createdFilter,
  customer: optional(text()),
  payment_intent: optional(text()),
  status: optional(oneOf("open", "complete", "expired")),
  subscription: optional(text()),
} satisfies Fields & Partial<Record<keyof Stripe.Checkout.SessionListParams, unknown>>;

export const checkoutSessionRoutes: Route[] = [
  route("POST", "/v1/checkout/sessions", "rak_checkout_session", createFields, ({ context, params }) => {
    checkModeData(params);
    checkCustomer(context, params);
    const items = readItems(context, params);
    const order: SessionOrder = {
      mode: params.mode,
      items,
      coupons: (params.discounts ?? []).map(({ coupon }, index) =>
        findCoupon(context, coupon, items[0]?.price.currency ?? "", `discounts[${index}][coupon]`),
      ),
      successUrl: params.success_url,
      cancelUrl: params.cancel_url ?? null,
      clientReferenceId: params.client_reference_id ?? null,
      customer: params.customer ?? null,
      customerEmail: params.customer_email ?? null,
      customerCreation:
        params.mode === "subscription" ? "always" : (params.customer_creation ?? "if_required"),
      promotionCodes: params.allow_promotion_codes ?? null,
      tax: params.automatic_tax?.enabled ?? false,
      locale: params.locale ?? null,
      trial: params.subscription_data?.trial_period_days !== undefined,
      expiresAt: readExpiry(context, params.expires_at),
      metadata: applyMetadata({}, params.metadata),
    };
    const session = buildSession(context, order);
    context.objects.insert(session, {
      created: context.now,
      notes: {
        paymentMetadata: applyMetadata({}, params.payment_intent_data?.metadata),
        subscriptionMetadata: applyMetadata({}, params.subscription_data?.metadata),
        trialDays: params.subscription_data?.trial_period_days ?? null,
        coupons: order.coupons.map(({ id }) => id),
      },
    });
    // Reversed, since lists are newest first and line items are shown in the given order.
    for (const item of buildLineItems(context, order).toReversed()) {
      context.objects.insert(item, { created: context.now, parent: session.id });
    }
    setTimer(context, "checkout.session", session.id, order.expiresAt);
    return session;
  }),

  route("GET", "/v1/checkout/sessions", "rak_checkout_session", listFields, ({ context, params }) => {
    const { customer, payment_intent, status, subscription } = params;
    return context.objects.list("checkout.session", "/v1/checkout/sessions", {
      page: params,
      created: params.created,
      fields: { customer, payment_intent, status, subscription },
    });
  }),

  route("GET", "/v1/checkout/sessions/:id", "rak_checkout_session", {}, ({ context, id }) =>
    context.objects.get("checkout.session", id),
  ),

  route("GET", "/v1/checkout/sessions/:id/line_items", "rak_checkout_session", pageFields, (call) => {
    const { id } = call.context.objects.get("checkout.session", call.id);
    return call.context.objects.list("item", `/v1/checkout/sessions/${id}/line_items`, {
      page: call.params,
      parent: id,
    });
  }),

  route("POST", "/v1/checkout/sessions/:id/expire", "rak_checkout_session", {}, ({ context, id }) => {
    const session = context.objects.get("checkout.session", id);
    if (session.status !== "open") {
      const message = `Only Checkout Sessions with a status in ["open"] can be expired. This Checkout Session has a status of \`${session.status}\`.`;
      throw invalidRequest(message, { param: "session" });
    }
    return expireSession(context, session);
  }),
];

function checkModeData({ mode, ...params }: Decoded<typeof createFields>): void {
  const foreign = mode === "payment" ? "subscription_data" : "payment_intent_data";
  if (params[foreign] === undefined) return;
  throw invalidRequest(`You can not pass \`${foreign}\` in \`${mode}\` mode.`, { param: foreign });
}

function checkCustomer(context: Context, params: Decoded<typeof createFields>): void {
  const { mode, customer, customer_email: email, customer_creation: creation } = params;
  if (customer !== undefined && email !== undefined) {
    throw invalidRequest("You may only specify one of these parameters: customer, customer_email.");
  }
  if (creation !== undefined && (mode !== "payment" || customer !== undefined)) {
    const message =
      mode === "payment"
        ? "You may only specify one of these parameters: customer, customer_creation."
        : "`customer_creation` can only be used in `payment` mode.";
    throw invalidRequest(message, { param: "customer_creation" });
  }
  if (email !== undefined && !/^[^@\s]+@[^@\s]+\.[^@\s]+$/.test(email)) {
    throw invalidRequest(`Invalid email address: ${email}`, {
      code: "email_invalid",
      param: "customer_email",
    });
  }
  if (customer !== undefined) context.objects.get("customer", customer, "customer");
}

function readItems(context: Context, params: Decoded<typeof createFields>): SessionOrder["items"] {
  const items = params.line_items.map(({ price, quantity }, index) => {
    const param = `line_items[${index}][price]`;
    return { price: context.objects.get("price", price, param), quantity: quantity ?? 1, param };
  });
  const [first] = items;
  if (first === undefined) throw invalidRequest("You must pass line_items.", { param: "line_items" });
  for (const { price, param } of items) {
    const error = findPriceError(params.mode, price, first.price);
    if (error !== undefined) throw invalidRequest(error, { param });
  }
  return items;
}

function findPriceError(mode: SessionOrder["mode"], price: Price, first: Price): string | undefined {
  if (!price.active) return "The price specified is inactive. This field only accepts active prices.";
  if (mode === "payment" && price.type === "recurring") {
    return "You specified `payment` mode but passed a recurring price. Either switch to `subscription` mode or use only one-time prices.";
  }
  if (mode === "subscription" && price.type !== "recurring") {
    return "You must provide at least one recurring price in `subscription` mode. Pocket Stripe takes only recurring ones.";
  }
  if (price.currency !== first.currency) return "All line items must have the same currency.";
  const toInterval = ({ recurring }: Price) => `${recurring?.interval_count} ${recurring?.interval}`;
  if (toInterval(price) !== toInterval(first))
    return "Checkout does not support multiple prices with different billing intervals.";
  return undefined;
}

function readExpiry(context: Context, expiresAt: number | undefined): number {
  if (expiresAt === undefined) return context.now + day;
  if (expiresAt >= context.now + 30 * minute && expiresAt <= context.now + day) return expiresAt;
  const bound = expiresAt > context.now + day ? "less than 24 hours" : "at least 30 minutes";
  throw invalidRequest(`The \`expires_at\` timestamp must be ${bound} from Checkout Session creation.`, {
    param: "expires_at",
  });
}
