import { periodEnd } from "../billing/period.ts";
import type { Context } from "../context.ts";
import { invalidRequest } from "../errors.ts";
import { changeObject, emitEvent } from "../events.ts";
import { newId } from "../ids.ts";
import type { StripeObjects } from "../wire.ts";
import type { AppliedDiscount } from "./apply-discounts.ts";

type Coupon = StripeObjects["coupon"];
type Discount = StripeObjects["discount"];

/** Returns the named coupon. Refuses one that is used up or has another currency. */
export function findCoupon(context: Context, id: string, currency: string, param: string): Coupon {
  const coupon = context.objects.get("coupon", id, param);
  if (!coupon.valid) throw invalidRequest(`Coupon ${id} is used up.`, { code: "coupon_expired", param });
  if (coupon.currency !== null && coupon.currency !== currency) {
    throw invalidRequest(`Coupon ${id} is in ${coupon.currency}, not in ${currency}.`, { param });
  }
  return coupon;
}

/** Replaces the discounts of a subscription. `null` removes all, and `undefined` leaves them. */
export function replaceDiscounts(
  context: Context,
  subscription: string,
  coupons: { coupon: string }[] | null | undefined,
): void {
  if (coupons === undefined) return;
  const before = context.objects.get("subscription", subscription);
  const found = (coupons ?? []).map(({ coupon }, index) =>
    findCoupon(context, coupon, before.currency, `discounts[${index}][coupon]`),
  );
  const discounts = redeemCoupons(context, found, before);
  changeObject(context, "customer.subscription.updated", before, { ...before, discounts });
}

/** Redeems coupons for a subscription that starts or changes. Returns the ids of the new discounts. */
export function redeemCoupons(
  context: Context,
  coupons: Coupon[],
  { id, customer }: Pick<StripeObjects["subscription"], "id" | "customer">,
): string[] {
  return coupons.map((coupon) => {
    countRedemption(context, coupon.id);
    const discount: Discount = {
      id: newId("di", 14),
      object: "discount",
      checkout_session: null,
      customer,
      customer_account: null,
      end:
        coupon.duration === "repeating"
          ? periodEnd(context.now, context.now, {
              interval: "month",
              interval_count: coupon.duration_in_months ?? 1,
            })
          : null,
      invoice: null,
      invoice_item: null,
      promotion_code: null,
      source: { coupon: coupon.id, type: "coupon" },
      start: context.now,
      subscription: id,
      subscription_item: null,
    };
    context.objects.insert(discount, { created: context.now, parent: id });
    emitEvent(context, "customer.discount.created", discount);
    return discount.id;
  });
}

export function countRedemption(context: Context, id: string): void {
  const coupon = context.objects.get("coupon", id);
  const times = coupon.times_redeemed + 1;
  const valid = coupon.max_redemptions === null || times < coupon.max_redemptions;
  context.objects.save({ ...coupon, times_redeemed: times, valid });
}

/** Returns the discounts of a subscription that its next invoice gets. */
export function readDiscounts(
  context: Context,
  subscription: StripeObjects["subscription"] | null,
): AppliedDiscount[] {
  const discounts = (subscription?.discounts ?? []).map((id) => context.objects.get("discount", String(id)));
  return discounts
    .filter(({ end }) => end === null || end > context.now)
    .map(({ id, source }) => ({ id, coupon: context.objects.get("coupon", String(source.coupon)) }));
}

/**
 * Ends the discounts of a subscription that are over with this invoice: those for one invoice, once they
 * took something off, and those with an end that has passed. A free trial does not use up a discount.
 */
export function endUsedDiscounts(context: Context, invoice: StripeObjects["invoice"]): void {
  const id = invoice.parent?.subscription_details?.subscription;
  if (typeof id !== "string") return;
  const used = new Set(
    (invoice.total_discount_amounts ?? []).filter(({ amount }) => amount > 0).map(({ discount }) => discount),
  );
  const subscription = context.objects.get("subscription", id);
  const ended = subscription.discounts
    .map((discount) => context.objects.get("discount", String(discount)))
    .filter((discount) => isOver(context, discount, used.has(discount.id)));
  if (ended.length === 0) return;
  const endedIds = new Set(ended.map((discount) => discount.id));
  const discounts = subscription.discounts.filter((discount) => !endedIds.has(String(discount)));
  context.objects.save({ ...subscription, discounts });
  for (const discount of ended) emitEvent(context, "customer.discount.deleted", discount);
}

function isOver(context: Context, { end, source }: Discount, isUsed: boolean): boolean {
  if (end !== null) return end <= context.now;
  return isUsed && context.objects.get("coupon", String(source.coupon)).duration === "once";
}
