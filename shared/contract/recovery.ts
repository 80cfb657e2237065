import { z } from "zod";
import { productCodeSchema, redirectUrlSchema } from "./checkout.ts";
import { denialReasons, modes, recoveryActions } from "./enums.ts";
import { subjectRefSchema } from "./subject-ref.ts";

const returnUrlSchema = redirectUrlSchema.optional().meta({
  description:
    "Where Stripe sends the customer back to. Without it, a checkout uses the project's default URLs.",
});

export const recoveryRequestSchema = z
  .strictObject({
    subject_ref: subjectRefSchema,
    return_url: returnUrlSchema,
    product_code: productCodeSchema.optional().meta({
      description:
        "Decides by the entitlements to this product alone, and sells it where the action is `buy`.",
    }),
  })
  .meta({
    id: "RecoveryRequest",
    example: { subject_ref: "user_8812", return_url: "https://app.example.com/billing" },
  });

export type RecoveryRequest = z.infer<typeof recoveryRequestSchema>;

export const recoveryReplySchema = z
  .object({
    subject_ref: z.string(),
    allowed: z.boolean(),
    reason: z.enum(denialReasons).nullable().meta({ description: "Why access is denied." }),
    action: z.enum(recoveryActions),
    url: z.url().nullable().meta({
      description:
        "Send the customer there. `null` where the action needs no page of Stripe's, and for `buy` when no product is known: your app then offers one.",
    }),
    expires_at: z.iso.datetime().nullable().meta({
      description: "When a checkout's `url` expires. With `wait`: when access starts.",
    }),
    product_code: z.string().nullable().meta({ description: "The product that the action is about." }),
    missing_permission: z.string().nullable().meta({
      description:
        "The permission of the Stripe key that a better action needs. An admin adds it in Stripe; until then, this action is the next best one.",
      example: "Invoices: Read",
    }),
  })
  .meta({
    id: "RecoveryReply",
    example: {
      subject_ref: "user_8812",
      allowed: false,
      reason: "payment_past_due",
      action: "pay_invoice",
      url: "https://invoice.stripe.com/i/acct_1/test_a1b2c3",
      expires_at: null,
      product_code: "PRO_MONTHLY",
      missing_permission: null,
    },
  });

export type RecoveryReply = z.infer<typeof recoveryReplySchema>;

export const portalSessionRequestSchema = z
  .strictObject({ subject_ref: subjectRefSchema, return_url: returnUrlSchema })
  .meta({
    id: "PortalSessionRequest",
    example: { subject_ref: "user_8812", return_url: "https://app.example.com/billing" },
  });

export const portalSessionReplySchema = z.object({ url: z.url(), mode: z.enum(modes) }).meta({
  id: "PortalSessionReply",
  example: { url: "https://billing.stripe.com/p/session/test_a1b2c3", mode: "test" },
});

export type PortalSessionReply = z.infer<typeof portalSessionReplySchema>;
