import { z } from "zod";
import {
  customerStatuses,
  denialReasons,
  entitlementKinds,
  entitlementSources,
  entitlementStatuses,
} from "./enums.ts";
import { wholeNumber } from "./whole-number.ts";

const time = z.iso.datetime().meta({ description: "ISO 8601 UTC with milliseconds." });

const entitlementExample = {
  entitlement_id: "ent_01k9zq3v4s5t6w7x8y9zabcdef",
  kind: "usage_pack",
  product_code: "CREDITS_1000",
  included_in: null,
  status: "active",
  available: true,
  unavailable_reason: null,
  usage_granted: 1_000,
  usage_remaining: 900,
  usage_reserved: 0,
  starts_at: "2026-11-29T09:00:00.000Z",
  current_period_end: null,
  cancel_at_period_end: null,
  expires_at: null,
  canceled_at: null,
  source: "stripe",
  created_at: "2026-11-29T09:00:00.000Z",
  updated_at: "2026-11-29T09:12:00.000Z",
};

/** One entitlement as both read endpoints return it. Fields that do not apply to its kind are `null`. */
export const entitlementViewSchema = z
  .object({
    entitlement_id: z.string(),
    kind: z.enum(entitlementKinds),
    product_code: z.string(),
    included_in: z.string().nullable().meta({
      description:
        "The entitlement of the subscription that includes these units; null for a purchased or granted pack.",
    }),
    status: z.enum(entitlementStatuses),
    available: z.boolean().meta({ description: "Whether the entitlement can be used at this moment." }),
    unavailable_reason: z.enum(denialReasons).nullable(),
    usage_granted: z.int().nullable(),
    usage_remaining: z.int().nullable(),
    usage_reserved: z
      .int()
      .nullable()
      .meta({ description: "Units of this pack that open reservations hold." }),
    starts_at: time.nullable(),
    current_period_end: time.nullable(),
    cancel_at_period_end: z.boolean().nullable(),
    expires_at: time.nullable(),
    canceled_at: time.nullable(),
    source: z.enum(entitlementSources),
    created_at: time,
    updated_at: time,
  })
  .meta({ id: "Entitlement", example: entitlementExample });

export type EntitlementView = z.infer<typeof entitlementViewSchema>;

export const customerAccessReplySchema = z
  .object({
    subject_ref: z.string(),
    has_access: z.boolean(),
    status: z.enum(customerStatuses),
    reason: z.enum(denialReasons).nullable(),
    usage_remaining: z.int().meta({ description: "Units left in all usable packs combined." }),
    usage_reserved: z
      .int()
      .meta({ description: "Units that open reservations hold, of all packs combined." }),
    entitlements: z.array(entitlementViewSchema),
    has_more: z.boolean(),
    as_of: time,
  })
  .meta({
    id: "CustomerAccess",
    example: {
      subject_ref: "user_8812",
      has_access: true,
      status: "active",
      reason: null,
      usage_remaining: 900,
      usage_reserved: 0,
      entitlements: [entitlementExample],
      has_more: false,
      as_of: "2026-11-29T09:15:00.000Z",
    },
  });

export type CustomerAccessReply = z.infer<typeof customerAccessReplySchema>;

export const entitlementListQuerySchema = z.strictObject({
  limit: wholeNumber({ min: 1, max: 100, message: "must be a whole number from 1 to 100" })
    .default(50)
    .meta({ description: "Number of entitlements to return, 1-100." }),
  starting_after: z
    .string()
    .regex(/^ent_[0-9a-z]{26}$/, "must be the entitlement_id of the last entitlement on the previous page")
    .optional(),
});

export const entitlementListReplySchema = z
  .object({
    subject_ref: z.string(),
    entitlements: z.array(entitlementViewSchema),
    has_more: z.boolean(),
  })
  .meta({
    id: "EntitlementList",
    example: { subject_ref: "user_8812", entitlements: [entitlementExample], has_more: false },
  });

export type EntitlementListReply = z.infer<typeof entitlementListReplySchema>;
