import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decideAccess } from "../../../shared/domain/decision.ts";
import { decideProducts } from "../../../shared/domain/product-decision.ts";
import { deliverInOrder } from "./deliver.ts";
import { history } from "./model/arbitraries.ts";
import { playHistory } from "./stripe-model.ts";

const histories = Number(process.env["HISTORIES"] ?? 1_000);
const seed = Number(process.env["SEED"] ?? Date.now() % 2 ** 31);
const dayMs = 86_400_000;

describe("product gates", () => {
  it(`a gate decides as a check of a customer with that product only (${histories} histories, SEED=${seed})`, () => {
    let gated = 0;
    fc.assert(
      fc.property(history(1), ({ shape, actions }) => {
        const model = playHistory(shape, actions);
        const all = [...deliverInOrder(model).state.entitlements.values()];
        const codes = [...new Set(all.map(({ productCode }) => productCode)), "NEVER_BOUGHT"];
        for (const now of [model.nowMs, model.nowMs + 3 * dayMs, model.nowMs + 400 * dayMs]) {
          const { decision, products } = decideProducts(all, codes, now);
          expect(products.map(({ productCode }) => productCode)).toEqual(codes);
          for (const { productCode, decision: own } of products) {
            const only = all.filter((entitlement) => entitlement.productCode === productCode);
            expect(own).toEqual(decideAccess(only, now));
            // Two products at a time: one is enough.
            const pair = decideProducts(all, [productCode, "NEVER_BOUGHT"], now).decision;
            expect(pair.allowed).toBe(own.allowed);
            if (decideAccess(all, now).allowed && !own.allowed) gated++;
          }
          // Over every product, the answer is that of a check.
          const check = decideAccess(all, now);
          expect(decision.allowed).toBe(check.allowed);
          if (!decision.allowed && !check.allowed) expect(decision.reason).toBe(check.reason);
        }
      }),
      { numRuns: histories, seed },
    );
    // A customer with access did not pass a gate of a product that gives none.
    expect(gated).toBeGreaterThan(0);
  }, 240_000);
});
