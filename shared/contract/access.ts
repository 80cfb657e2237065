import { z } from "zod";
import { productCodeSchema } from "./checkout.ts";
import { type DenialReason, denialReasons } from "./enums.ts";
import { subjectRefSchema } from "./subject-ref.ts";

export const accessCheckRequestSchema = z
  .strictObject({ subject_ref: subjectRefSchema })
  .meta({ id: "AccessCheckRequest", example: { subject_ref: "user_8812" } });

export const accessCheckReplySchema = z
  .discriminatedUnion("allowed", [
    z.object({ subject_ref: z.string(), allowed: z.literal(true) }),
    z.object({ subject_ref: z.string(), allowed: z.literal(false), reason: z.enum(denialReasons) }),
  ])
  .meta({
    id: "AccessCheckReply",
    example: { subject_ref: "user_8812", allowed: false, reason: "usage_exhausted" },
  });

/** Maximum number of products in one request. */
const maxProducts = 50;

export const accessProductsRequestSchema = z
  .strictObject({
    subject_ref: subjectRefSchema,
    product_codes: z
      .array(productCodeSchema)
      .min(1, "must have at least one product code")
      .max(maxProducts, "must have at most 50 product codes")
      .refine((codes) => new Set(codes).size === codes.length, "must name each product once")
      .meta({ description: "One of these products is enough.", example: ["PRO_MONTHLY", "PRO_YEARLY"] }),
  })
  .meta({
    id: "AccessProductsRequest",
    example: { subject_ref: "user_8812", product_codes: ["PRO_MONTHLY", "PRO_YEARLY"] },
  });

export const accessProductsReplySchema = z
  .object({
    subject_ref: z.string(),
    allowed: z.boolean(),
    reason: z.enum(denialReasons).optional().meta({ description: "Why access is denied." }),
    products: z.array(
      z.object({
        product_code: z.string(),
        allowed: z.boolean(),
        reason: z.enum(denialReasons).optional(),
      }),
    ),
  })
  .meta({
    id: "AccessProductsReply",
    example: {
      subject_ref: "user_8812",
      allowed: true,
      products: [
        { product_code: "PRO_MONTHLY", allowed: true },
        { product_code: "PRO_YEARLY", allowed: false, reason: "no_entitlement" },
      ],
    },
  });

export type AccessProductsReply = z.infer<typeof accessProductsReplySchema>;

export const accessShadowRequestSchema = z
  .strictObject({
    subject_ref: subjectRefSchema,
    allowed: z.boolean().meta({ description: "What your app decided." }),
  })
  .meta({ id: "AccessShadowRequest", example: { subject_ref: "user_8812", allowed: true } });

export const accessShadowReplySchema = z
  .object({
    subject_ref: z.string(),
    agrees: z.boolean().meta({ description: "Whether Licenzy decides as your app did." }),
    allowed: z.boolean().meta({ description: "What Licenzy decides." }),
    reason: z.enum(denialReasons).optional().meta({ description: "Why Licenzy denies access." }),
  })
  .meta({
    id: "AccessShadowReply",
    example: { subject_ref: "user_8812", agrees: false, allowed: false, reason: "no_entitlement" },
  });

export type AccessShadowReply = z.infer<typeof accessShadowReplySchema>;

export type AccessCheckReply = z.infer<typeof accessCheckReplySchema>;

/** Builds the reply to a check. `reason` is `null` when access is allowed. The portal shows the same reply to operators. */
export function toAccessCheckReply(subjectRef: string, reason: DenialReason | null): AccessCheckReply {
  const subject_ref = subjectRef;
  return reason === null ? { subject_ref, allowed: true } : { subject_ref, allowed: false, reason };
}
