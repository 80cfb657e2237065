import { z } from "zod";
import { entitlementViewSchema } from "./entitlements.ts";
import { checkoutAttemptStatuses, modes } from "./enums.ts";
import { subjectRefSchema } from "./subject-ref.ts";

export const productCodePattern = /^[A-Z0-9_]{1,64}$/;

/** `product_code`: the stable identifier of a product within a project and mode. */
export const productCodeSchema = z
  .string()
  .regex(productCodePattern, "must be 1-64 characters of A-Z, 0-9 and _")
  .meta({ example: "CREDITS_1000" });

/** Where Stripe sends the customer back to. */
export const redirectUrlSchema = z
  .url({ protocol: /^https?$/, hostname: /.+/, error: "must be an absolute http or https URL" })
  .max(2048);

/**
 * Everything that Stripe may accept: it decides, so only texts that are no address are refused. RFC 5321's common forms
 * alone would refuse addresses that customers have, such as `a&b@example.com` and names in any script.
 */
const emailSchema = z
  .string()
  .max(800, "must be at most 800 characters")
  // Not a pattern of the schema: many validators read a pattern without its flag `u`, and refuse every address.
  .refine(
    (value) => /^[^\s\p{C}@]+@[^\s\p{C}@.]+(\.[^\s\p{C}@.]+)+$/u.test(value),
    "must be an email address",
  )
  .meta({ format: "email", example: "m.keller@example.com" });

const metadataSchema = z
  .record(
    z.string().regex(/^[^[\]]{1,40}$/u, "keys are 1-40 characters without square brackets"),
    z.string().max(500, "values are at most 500 characters"),
  )
  .refine((metadata) => Object.keys(metadata).length <= 20, "must have at most 20 keys")
  .meta({ description: "Copied to the outbound events of this purchase." });

export const checkoutRequestSchema = z
  .strictObject({
    subject_ref: subjectRefSchema,
    product_code: productCodeSchema,
    success_url: redirectUrlSchema.optional(),
    cancel_url: redirectUrlSchema.optional(),
    customer_email: emailSchema.optional(),
    metadata: metadataSchema.optional(),
  })
  .meta({ id: "CheckoutRequest", example: { subject_ref: "user_8812", product_code: "CREDITS_1000" } });

export type CheckoutRequest = z.infer<typeof checkoutRequestSchema>;

export const checkoutReplySchema = z
  .object({
    attempt_id: z.string().meta({ example: "att_01k9zq3v4s5t6w7x8y9zabcdef" }),
    status: z.literal("created"),
    checkout_url: z.url(),
    mode: z.enum(modes),
    expires_at: z.iso.datetime(),
  })
  .meta({
    id: "CheckoutReply",
    example: {
      attempt_id: "att_01k9zq3v4s5t6w7x8y9zabcdef",
      status: "created",
      checkout_url: "https://checkout.stripe.com/c/pay/cs_test_a1b2c3",
      mode: "test",
      expires_at: "2026-11-30T09:00:00.000Z",
    },
  });

export const checkoutStatusReplySchema = z
  .object({
    attempt_id: z.string(),
    status: z.enum(checkoutAttemptStatuses).meta({
      description:
        "`created`: not paid. `processing`: paid, and the bank takes its time. `finalized`: paid and granted. `failed`: it can't be paid any more.",
    }),
    subject_ref: z.string(),
    product_code: z.string(),
    expires_at: z.iso.datetime().nullable(),
    entitlement: entitlementViewSchema.nullable().meta({
      description:
        "What the purchase granted; `null` before, and while a subscription's own events are on their way.",
    }),
  })
  .meta({
    id: "CheckoutStatus",
    example: {
      attempt_id: "att_01k9zq3v4s5t6w7x8y9zabcdef",
      status: "processing",
      subject_ref: "user_8812",
      product_code: "CREDITS_1000",
      expires_at: "2026-11-30T09:00:00.000Z",
      entitlement: null,
    },
  });

export type CheckoutStatusReply = z.infer<typeof checkoutStatusReplySchema>;

export type CheckoutReply = z.infer<typeof checkoutReplySchema>;
