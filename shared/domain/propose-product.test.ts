import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { productCodePattern } from "../contract/checkout.ts";
import { proposeProduct } from "./propose-product.ts";

const propose = (productName: string, interval: string | null = null, taken: string[] = []) =>
  proposeProduct({ productName, interval }, new Set(taken));

describe("a proposed product", () => {
  it.each([
    ["Pro", "month", "PRO_MONTHLY", "Pro, monthly"],
    ["Pro Monthly", "month", "PRO_MONTHLY", "Pro Monthly"],
    ["Pro", "year", "PRO_YEARLY", "Pro, yearly"],
    ["Pro", "3 months", "PRO_EVERY_3_MONTHS", "Pro, every 3 months"],
    ["Größe – Café №1", "week", "GROSSE_CAFE_NO1_WEEKLY", "Größe – Café №1, weekly"],
    ["プロ", "month", "PRODUCT_MONTHLY", "プロ, monthly"],
  ])("of the recurring price %s every %s is a subscription", (productName, interval, productCode, name) => {
    expect(propose(productName, interval)).toEqual({
      productCode,
      name,
      kind: "subscription",
      units: null,
      durationDays: null,
    });
  });

  it.each([
    ["1,000 credits", "1000_CREDITS", "usage_pack", 1_000, null],
    ["25 Tokens", "25_TOKENS", "usage_pack", 25, null],
    ["Starter pack", "STARTER_PACK", "usage_pack", null, null],
    ["Day pass", "DAY_PASS", "time_pass", null, 1],
    ["30-day access", "30_DAY_ACCESS", "time_pass", null, 30],
    ["0 days", "0_DAYS", "usage_pack", null, null],
    ["", "PRODUCT", "usage_pack", null, null],
  ])(
    "of the one-time price %j has what its name says",
    (productName, productCode, kind, units, durationDays) => {
      expect(propose(productName)).toMatchObject({ productCode, kind, units, durationDays });
    },
  );

  it("takes no code that a product has", () => {
    expect(propose("Pro", "month", ["PRO_MONTHLY"]).productCode).toBe("PRO_MONTHLY_2");
    expect(propose("Pro", "month", ["PRO_MONTHLY", "PRO_MONTHLY_2"]).productCode).toBe("PRO_MONTHLY_3");
    const long = "X".repeat(80);
    expect(propose(long, null, ["X".repeat(64)]).productCode).toBe(`${"X".repeat(62)}_2`);
  });

  it("cuts a long name at a whole character", () => {
    expect(propose("😀".repeat(100), "month").name).toBe(`${"😀".repeat(55)}, monthly`);
  });

  it("always has a code and a name that the form accepts", () => {
    const interval = fc.constantFrom(null, "month", "2 weeks");
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", maxLength: 300 }), interval, (productName, every) => {
        const { productCode, name } = propose(productName, every);
        expect(productCode).toMatch(productCodePattern);
        expect(name.trim().length).toBeGreaterThan(0);
        expect(name.length).toBeLessThanOrEqual(120);
      }),
    );
  });
});
