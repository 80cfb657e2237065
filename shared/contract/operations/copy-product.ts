import { z } from "zod";
import type { EntitlementKind } from "../enums.ts";
import { stripeId, version } from "./inputs.ts";
import { done, operation } from "./operation.ts";
import type { CheckoutSettings, IncludedUnits, PriceView, ProductSignals } from "./products.ts";

/** What a product grants, how it is sold, what it signals, and the `updated_at` that a copy is made from. */
export interface ProductTerms {
  name: string;
  kind: EntitlementKind;
  stripePriceId: string;
  units: number | null;
  durationDays: number | null;
  expiresAfterDays: number | null;
  checkout: CheckoutSettings;
  signals: ProductSignals;
  /** What a subscription includes now; `null` for nothing. */
  included: IncludedUnits | null;
  archivedAt: number | null;
  updatedAt: number;
}

const productCode = z.string().max(64);

/** What a copy of a test product to live mode would change, and the live prices to choose from. Changes nothing. */
export const previewCopy = operation({
  name: "product.preview_copy",
  worker: "runtime",
  scope: "project",
  role: "admin",
  recentAuth: "never",
  audit: [],
  input: z.strictObject({ productCode }),
  output: done<{
    test: ProductTerms;
    /** The live product of the same code; `null` if there is none. */
    live: ProductTerms | null;
    /** The newest active live prices that are paid as the kind requires and that no other product has. */
    prices: PriceView[];
    /** The only one of `prices` with the amount, currency and interval of the test price. */
    suggestedPriceId: string | null;
  }>(),
});

/**
 * Gives the live product of the same code the name, terms, checkout settings, signals and included units of a test product,
 * with a live price; creates it if there is none. Runs in live mode. Sending it twice changes nothing the second time. Former
 * purchases keep their terms; included units and signals change for all customers.
 */
export const copyProduct = operation({
  name: "product.copy_to_live",
  worker: "runtime",
  scope: "project",
  role: "admin",
  recentAuth: "never",
  audit: ["product.create", "product.edit", "project.set_signals", "product.set_allowance"],
  input: z.strictObject({
    productCode,
    stripePriceId: stripeId,
    /** Of the test product. */
    testVersion: version,
    /** Of the live product; `null` if there was none. */
    liveVersion: version.nullable(),
  }),
  output: done<{
    change: "created" | "edited" | "none";
    /** What the test product sells instead, if live mode does not sell it yet: the live product sells itself again. */
    missingTwin: string | null;
  }>(),
});
