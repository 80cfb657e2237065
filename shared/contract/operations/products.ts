import { z } from "zod";
import { productCodePattern } from "../checkout.ts";
import {
  type AllowanceInterval,
  allowanceIntervals,
  checkoutLocales,
  entitlementKinds,
  type LowBalanceUnit,
} from "../enums.ts";
import { wholeNumber } from "../whole-number.ts";
import { days, maxUnits, stripeId, time, version } from "./inputs.ts";
import { done, operation } from "./operation.ts";

/** A Stripe price, with what an operator needs to choose one. */
export interface PriceView {
  priceId: string;
  productName: string;
  /** In the currency's smallest unit; `null` for prices without a fixed amount. */
  unitAmount: number | null;
  currency: string;
  /** `month`, `3 months`, …; `null` for a one-time price. */
  interval: string | null;
  active: boolean;
}

/** When a product's signals are sent; `null`: as the project says, 0: never. */
export interface ProductSignals {
  lowBalance: number | null;
  lowBalanceIn: LowBalanceUnit | null;
  expiringDays: number | null;
}

/** What a subscription includes in each of its windows. */
export interface IncludedUnits {
  units: number;
  every: AllowanceInterval;
  rolloverWindows: number;
  rolloverMax: number | null;
  inTrial: number | null;
}

const nameMessage = "Enter a name of 1 to 120 characters.";
const unitsMessage = "Enter a whole number of units from 1.";

const productDetailsSchema = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("subscription") }),
  z.object({
    kind: z.literal("time_pass"),
    durationDays: days("Enter a whole number of days from 1 to 36,500."),
  }),
  z.object({
    kind: z.literal("usage_pack"),
    units: wholeNumber({ min: 1, max: maxUnits, message: unitsMessage }),
    expiresAfterDays: days("Enter a whole number of days from 1 to 36,500, or leave blank.").nullable(),
  }),
]);

const trialMessage = "Enter a whole number of days from 1 to 730, or leave blank.";

/** What Stripe's checkout page offers and collects, and what is sold to a customer who lost the product. */
const checkoutSettingsSchema = z.strictObject({
  /** The code of an active product; `null`: this product again. */
  sellInstead: z
    .string()
    .regex(productCodePattern, "Enter the code of a product, or leave blank.")
    .nullable(),
  promotionCodes: z.boolean(),
  /** With Stripe Tax, which must be set up in Stripe. */
  collectsTax: z.boolean(),
  /** A language of Stripe's checkout page; `null`: that of the customer's browser. */
  locale: z.enum(checkoutLocales, "Choose a language.").nullable(),
  /** Subscriptions only. */
  trialDays: wholeNumber({ min: 1, max: 730, message: trialMessage }).nullable(),
});
export type CheckoutSettings = z.infer<typeof checkoutSettingsSchema>;

export const productSchema = z.intersection(
  z.object({
    productCode: z
      .string()
      .regex(productCodePattern, "Enter 1 to 64 characters of A–Z, 0–9 and _, such as CREDITS_1000."),
    name: z.string().trim().min(1, nameMessage).max(120, nameMessage),
    stripePriceId: z
      .string()
      .regex(/^price_[A-Za-z0-9_]{1,200}$/, "Enter a price ID (price_…) from the price's page in Stripe."),
    kind: z.enum(entitlementKinds, "Choose a kind of product."),
    /** Without it, those of the product stay as they are. */
    checkout: checkoutSettingsSchema.optional(),
  }),
  productDetailsSchema,
);
export type ProductInput = z.infer<typeof productSchema>;

/** The newest active prices of the Stripe account, at most 100. */
export const listPrices = operation({
  name: "price.list",
  worker: "runtime",
  scope: "project",
  role: "admin",
  recentAuth: "never",
  audit: [],
  input: z.strictObject({}),
  output: done<{ prices: PriceView[] }>(),
});

/** Returns a price, or why it can't be sold as a product of this kind. */
export const lookUpPrice = operation({
  name: "price.look_up",
  worker: "runtime",
  scope: "project",
  role: "admin",
  recentAuth: "never",
  audit: [],
  input: z.strictObject({ priceId: stripeId, kind: z.enum(entitlementKinds) }),
  output: done<{ price: PriceView }>(),
});

export const createProduct = operation({
  name: "product.create",
  worker: "runtime",
  scope: "project",
  role: "admin",
  recentAuth: "never",
  audit: ["product.create"],
  input: productSchema,
  output: done(),
});

export const editProduct = operation({
  name: "product.edit",
  worker: "runtime",
  scope: "project",
  role: "admin",
  recentAuth: "never",
  audit: ["product.edit"],
  input: z.strictObject({ product: productSchema, version }),
  output: done(),
});

const wholeUnits = (message: string) => wholeNumber({ min: 0, max: maxUnits, message });

/** What a subscription includes. 0 units end an allowance. */
export const allowanceSchema = z.strictObject({
  productCode: z.string().max(64),
  units: wholeUnits("Enter a whole number of units, or 0 for none."),
  every: z.enum(allowanceIntervals, "Choose how often the units are granted."),
  rolloverWindows: wholeNumber({ min: 0, max: 12, message: "Enter a whole number from 0 to 12." }),
  rolloverMax: wholeUnits("Enter a whole number of units, or leave blank.").nullable(),
  inTrial: wholeUnits("Enter a whole number of units, or leave blank.").nullable(),
  /** Windows that begin at this time or later have the terms; `null`: from now on. */
  from: time("Enter a date.").nullable(),
  /** The newest version when the form was made; 0 without one. */
  version: z.int().min(0).max(1_000_000_000),
});
export type AllowanceInput = z.infer<typeof allowanceSchema>;

/** Adds a version of what a subscription includes. Windows that began before keep theirs. */
export const setAllowance = operation({
  name: "product.set_allowance",
  worker: "runtime",
  scope: "project",
  role: "admin",
  recentAuth: "never",
  audit: ["product.set_allowance"],
  input: allowanceSchema,
  output: done(),
});

/** An archived product can no longer be bought. Existing customers keep it. */
export const archiveProduct = operation({
  name: "product.archive",
  worker: "runtime",
  scope: "project",
  role: "admin",
  recentAuth: "never",
  audit: ["product.archive", "product.restore"],
  input: z.strictObject({ productCode: z.string().max(64), archived: z.boolean() }),
  output: done(),
});
