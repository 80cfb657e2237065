import type { StripeObjects } from "../wire.ts";

type Coupon = Pick<StripeObjects["coupon"], "amount_off" | "percent_off">;
type Line = StripeObjects["invoice"]["lines"]["data"][number];

/** A discount with its coupon. */
export interface AppliedDiscount {
  id: string;
  coupon: Coupon;
}

export interface DiscountedLines {
  /** The amount of a line stays: it is before discounts. `discount_amounts` has what is off. */
  lines: Line[];
  subtotal: number;
  total: number;
  total_discount_amounts: { amount: number; discount: string }[];
}

/** Applies discounts to the lines of an invoice, one after the other. Nothing falls below 0. */
export function applyDiscounts(lines: Line[], discounts: AppliedDiscount[]): DiscountedLines {
  const split = splitDiscounts(
    lines.map(({ amount, discountable }) => (discountable ? amount : 0)),
    discounts.map(({ coupon }) => coupon),
  );
  const subtotal = sum(lines.map(({ amount }) => amount));
  return {
    lines: lines.map((line, index) => ({
      ...line,
      discount_amounts: line.discountable
        ? discounts.map(({ id }, row) => ({ amount: split[row]?.[index] ?? 0, discount: id }))
        : [],
    })),
    subtotal,
    total: subtotal - sum(split.flat()),
    total_discount_amounts: discounts.map(({ id }, row) => ({ amount: sum(split[row] ?? []), discount: id })),
  };
}

/** Returns what each coupon takes off each amount: a row per coupon. Amounts below 0 get nothing off. */
export function splitDiscounts(amounts: number[], coupons: Coupon[]): number[][] {
  let left = amounts.map((amount) => Math.max(amount, 0));
  return coupons.map((coupon) => {
    const off =
      coupon.percent_off === null
        ? splitAmount(coupon.amount_off ?? 0, left)
        : left.map((amount) => Math.round((amount * (coupon.percent_off ?? 0)) / 100));
    left = left.map((amount, index) => amount - (off[index] ?? 0));
    return off;
  });
}

/** Splits a fixed amount in proportion to `left`. Rounds so that the parts add up. */
function splitAmount(amountOff: number, left: number[]): number[] {
  const whole = sum(left);
  const off = Math.min(amountOff, whole);
  let before = 0;
  return left.map((amount) => {
    const start = before;
    before += amount;
    return whole === 0 ? 0 : Math.round((off * before) / whole) - Math.round((off * start) / whole);
  });
}

function sum(amounts: number[]): number {
  return amounts.reduce((total, amount) => total + amount, 0);
}
