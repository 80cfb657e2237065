import { z } from "zod";
import type { EntitlementKind } from "../enums.ts";
import { stripeId } from "./inputs.ts";
import { done, operation } from "./operation.ts";
import { type PriceView, productSchema } from "./products.ts";

/** Prices per page, and products per call: each needs a read from Stripe. */
export const maxImported = 50;

/** An active price that belongs to no product, with the product that Licenzy proposes for it. */
export interface FreePrice extends PriceView {
  proposal: {
    productCode: string;
    name: string;
    kind: EntitlementKind;
    units: number | null;
    durationDays: number | null;
  };
}

/**
 * A page of the account's active prices that belong to no product yet, newest first, after the price `after`. A page can
 * be empty although there is a next one.
 */
export const listFreePrices = operation({
  name: "price.list_free",
  worker: "runtime",
  scope: "project",
  role: "admin",
  recentAuth: "never",
  audit: [],
  input: z.strictObject({ after: stripeId.nullable() }),
  output: done<{
    prices: FreePrice[];
    /** How many prices of this page belong to a product. */
    mapped: number;
    /** Where the next page begins; `null` after the last one. */
    next: string | null;
  }>(),
});

export interface ImportResult {
  productCode: string;
  stripePriceId: string;
  /** `exists`: an earlier call created it. `not_attempted`: Stripe did not respond to an earlier one, or time ran out. */
  result: "created" | "exists" | "refused" | "not_attempted";
  /** Why it was refused; `null` otherwise. */
  message: string | null;
}

/**
 * Creates several products, one after another. A refused one does not stop the others; an error of Stripe's does. Sending
 * it again creates only what is missing. Returns a result per product, in the same order.
 */
export const createProducts = operation({
  name: "product.create_many",
  worker: "runtime",
  scope: "project",
  role: "admin",
  recentAuth: "never",
  audit: ["product.create"],
  input: z.strictObject({ products: z.array(productSchema).min(1).max(maxImported) }),
  output: done<{ results: ImportResult[] }>(),
});
