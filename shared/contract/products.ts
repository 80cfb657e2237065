import { z } from "zod";
import { productCodeSchema } from "./checkout.ts";
import { allowanceIntervals, entitlementKinds } from "./enums.ts";
import { wholeNumber } from "./whole-number.ts";

const includedUnitsSchema = z
  .object({
    units: z.int(),
    every: z
      .enum(allowanceIntervals)
      .meta({ description: "Whether the units are of each paid period or of each month of it." }),
    rollover_windows: z
      .int()
      .meta({ description: "The later windows in which unused units can still be used." }),
    rollover_max: z
      .int()
      .nullable()
      .meta({ description: "The unused units that a new window keeps, at most; null for all." }),
    in_trial: z.int().nullable().meta({ description: "The units of a window of a trial; null for none." }),
  })
  .meta({ id: "IncludedUnits" });

const productExample = {
  product_code: "PRO_MONTHLY",
  name: "Pro",
  kind: "subscription",
  stripe_price_id: "price_1SYk2eB8xq0example",
  units: null,
  duration_days: null,
  expires_after_days: null,
  included_units: {
    units: 1_000,
    every: "month",
    rollover_windows: 1,
    rollover_max: null,
    in_trial: null,
  },
};

/** One product. Fields that do not apply to its kind are `null`. */
const productViewSchema = z
  .object({
    product_code: z.string(),
    name: z.string(),
    kind: z.enum(entitlementKinds),
    stripe_price_id: z
      .string()
      .meta({ description: "The price that is sold. Its amount is in Stripe; Licenzy does not store it." }),
    units: z.int().nullable().meta({ description: "The units of a usage pack." }),
    duration_days: z.int().nullable().meta({ description: "The days of a time pass." }),
    expires_after_days: z
      .int()
      .nullable()
      .meta({ description: "The days from payment until a usage pack expires; null if it does not." }),
    included_units: includedUnitsSchema
      .nullable()
      .meta({ description: "The units that a subscription includes now; null for none." }),
  })
  .meta({ id: "Product", example: productExample });

export const productListQuerySchema = z.strictObject({
  limit: wholeNumber({ min: 1, max: 100, message: "must be a whole number from 1 to 100" })
    .default(50)
    .meta({ description: "Number of products to return, 1-100." }),
  starting_after: productCodeSchema.optional().meta({
    description: "The product_code of the last product on the previous page.",
    example: "CREDITS_1000",
  }),
});

export const productListReplySchema = z
  .object({ products: z.array(productViewSchema), has_more: z.boolean() })
  .meta({
    id: "ProductList",
    example: {
      products: [productExample],
      has_more: false,
    },
  });

export type ProductListReply = z.infer<typeof productListReplySchema>;
