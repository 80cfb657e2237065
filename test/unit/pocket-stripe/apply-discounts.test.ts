import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { splitDiscounts } from "../../../dev/pocket-stripe/payments/apply-discounts.ts";

const percent = (percent_off: number) => ({ percent_off, amount_off: null });
const amount = (amount_off: number) => ({ percent_off: null, amount_off });

describe("splitDiscounts", () => {
  test.each([
    ["100 % takes everything off", [2_900, 500], [percent(100)], [[2_900, 500]]],
    ["a percentage is rounded per line", [999, 1], [percent(33.3)], [[333, 0]]],
    ["an amount is split in proportion", [3_000, 1_000], [amount(1_000)], [[750, 250]]],
    ["the parts of an amount add up", [1, 1, 1], [amount(2)], [[1, 0, 1]]],
    ["an amount above the whole stops at 0", [300, 200], [amount(9_000)], [[300, 200]]],
    [
      "a second discount takes from what the first one left",
      [1_000],
      [percent(50), percent(50)],
      [[500], [250]],
    ],
    ["a credit line gets nothing off", [-500, 1_000], [percent(100)], [[0, 1_000]]],
    ["an amount off nothing is nothing", [0], [amount(100)], [[0]]],
  ])("splitDiscounts(): %s", (_, amounts, coupons, expected) => {
    expect(splitDiscounts(amounts, coupons)).toEqual(expected);
  });

  test("splitDiscounts() never takes more off a line than its amount, and splits an amount without a rest", () => {
    const coupon = fc.oneof(
      fc.integer({ min: 1, max: 100 }).map(percent),
      fc.integer({ min: 1, max: 10_000 }).map(amount),
    );
    const amounts = fc.array(fc.integer({ min: 0, max: 5_000 }), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(amounts, fc.array(coupon, { minLength: 1, maxLength: 3 }), (lines, coupons) => {
        const split = splitDiscounts(lines, coupons);
        for (const [index, line] of lines.entries()) {
          const off = split.reduce((sum, row) => sum + (row[index] ?? 0), 0);
          expect(off).toBeLessThanOrEqual(line);
        }
        expect(split.flat().every((part) => part >= 0)).toBe(true);
        const [first] = coupons;
        if (first?.amount_off == null) return;
        const whole = lines.reduce((sum, line) => sum + line, 0);
        const off = (split[0] ?? []).reduce((sum, part) => sum + part, 0);
        expect(off).toBe(Math.min(first.amount_off, whole));
      }),
    );
  });
});
