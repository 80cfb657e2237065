import type Stripe from "stripe";
import { invalidRequest } from "../errors.ts";
import { emitEvent } from "../events.ts";
import { newId } from "../ids.ts";
import { pageFields } from "../object-store.ts";
import {
  applyMetadata,
  type Decoded,
  decimal,
  type Fields,
  integer,
  metadata,
  oneOf,
  optional,
  text,
} from "../params.ts";
import { type Route, route } from "../router.ts";
import type { StripeObjects } from "../wire.ts";
import { createdFilter } from "./created-filter.ts";

const createFields = {
  id: optional(text({ max: 200 })),
  amount_off: optional(integer({ min: 1 })),
  percent_off: optional(decimal({ above: 0, max: 100 })),
  currency: optional(text({ max: 3 })),
  duration: optional(oneOf("forever", "once", "repeating")),
  duration_in_months: optional(integer({ min: 1, max: 120 })),
  max_redemptions: optional(integer({ min: 1 })),
  name: optional(text({ max: 40 })),
  metadata: metadata(),
} satisfies Fields & Partial<Record<keyof Stripe.CouponCreateParams, unknown>>;

const listFields = { ...pageFields, created: createdFilter } satisfies Fields &
  Partial<Record<keyof Stripe.CouponListParams, unknown>>;

export const couponRoutes: Route[] = [
  route("POST", "/v1/coupons", "rak_coupon", createFields, ({ context, params }) => {
    checkCombination(params);
    const id = params.id ?? newId("coupon").slice("coupon_".length).slice(0, 8);
    if (context.objects.find("coupon", id) !== undefined) {
      throw invalidRequest(`Coupon already exists: ${id}`, { code: "resource_already_exists", param: "id" });
    }
    const coupon: StripeObjects["coupon"] = {
      id,
      object: "coupon",
      amount_off: params.amount_off ?? null,
      created: context.now,
      currency: params.amount_off === undefined ? null : (params.currency ?? null),
      duration: params.duration ?? "once",
      duration_in_months: params.duration_in_months ?? null,
      livemode: context.scope.livemode,
      max_redemptions: params.max_redemptions ?? null,
      metadata: applyMetadata({}, params.metadata),
      name: params.name ?? null,
      percent_off: params.percent_off ?? null,
      redeem_by: null,
      times_redeemed: 0,
      valid: true,
    };
    context.objects.insert(coupon, { created: context.now });
    emitEvent(context, "coupon.created", coupon);
    return coupon;
  }),

  route("GET", "/v1/coupons", "rak_coupon", listFields, ({ context, params }) =>
    context.objects.list("coupon", "/v1/coupons", { page: params, created: params.created }),
  ),

  route("GET", "/v1/coupons/:id", "rak_coupon", {}, ({ context, id }) => context.objects.get("coupon", id)),
];

function checkCombination(params: Decoded<typeof createFields>): void {
  const { amount_off: amount, percent_off: percent, currency, duration } = params;
  if ((amount === undefined) === (percent === undefined)) {
    throw invalidRequest("Pass one of percent_off and amount_off.", { param: "percent_off" });
  }
  if (amount !== undefined && currency === undefined) {
    throw invalidRequest("You must pass currency when passing amount_off.", { param: "currency" });
  }
  if ((duration === "repeating") !== (params.duration_in_months !== undefined)) {
    throw invalidRequest("Pass duration_in_months if the duration is repeating, and only then.", {
      param: "duration_in_months",
    });
  }
}
