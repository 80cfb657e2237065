import { z } from "zod";
import { subjectRefSchema } from "./subject-ref.ts";
import { maxRequestUnits, requestUnits } from "./usage.ts";

export const reservationIdPattern = /^rsv_[0-9a-z]{32}$/;
const exampleId = "rsv_0123456789abcdefghjkmnpqrstvwxyz";
const reservationId = z
  .string()
  .regex(reservationIdPattern, "must be a reservation_id that /v1/usage/reserve returned");

const maxExpirySeconds = 86_400;
const defaultExpirySeconds = 900;
const expiryRule = "must be a whole number from 1 to 86,400";
const settledRule = "must be a whole number from 0 to 1,000,000,000";

export const reserveRequestSchema = z
  .strictObject({
    subject_ref: subjectRefSchema,
    units: requestUnits.meta({ description: "Number of units to reserve.", example: 75 }),
    expires_in_seconds: z
      .int(expiryRule)
      .min(1, expiryRule)
      .max(maxExpirySeconds, expiryRule)
      .default(defaultExpirySeconds)
      .meta({ description: "How long the units are held, 1-86,400 seconds." }),
    on_expiry: z.enum(["release", "settle"]).default("release").meta({
      description: "What happens to units that are still held when the time ends: they return, or are spent.",
    }),
  })
  .meta({ id: "ReserveRequest", example: { subject_ref: "user_8812", units: 75 } });

const usageRemaining = z.int().meta({ description: "Units left in all usable packs combined." });

export const reserveReplySchema = z
  .object({
    ok: z.literal(true),
    reservation_id: z.string(),
    reserved: z.int(),
    usage_remaining: usageRemaining,
    expires_at: z.iso.datetime().meta({ description: "ISO 8601 UTC with milliseconds." }),
  })
  .meta({
    id: "ReserveReply",
    example: {
      ok: true,
      reservation_id: exampleId,
      reserved: 75,
      usage_remaining: 925,
      expires_at: "2026-11-29T09:15:00.000Z",
    },
  });
export type ReserveReply = z.infer<typeof reserveReplySchema>;

export const settleRequestSchema = z
  .strictObject({
    subject_ref: subjectRefSchema,
    reservation_id: reservationId,
    units: z
      .int(settledRule)
      .min(0, settledRule)
      .max(maxRequestUnits, settledRule)
      .meta({ description: "Number of units that the job used.", example: 40 }),
    allow_more: z.boolean().default(false).meta({
      description: "Draws units beyond the reservation from usable packs: all of them or none.",
    }),
    keep_open: z.boolean().default(false).meta({
      description: "Spends a part and keeps the rest held, for a job that is settled in parts.",
    }),
  })
  .meta({ id: "SettleRequest", example: { subject_ref: "user_8812", reservation_id: exampleId, units: 40 } });

export const settleReplySchema = z
  .object({
    ok: z.literal(true),
    consumed: z.int(),
    released: z.int().meta({ description: "Units that were held and not used. They return to their packs." }),
    usage_remaining: usageRemaining,
  })
  .meta({ id: "SettleReply", example: { ok: true, consumed: 40, released: 35, usage_remaining: 960 } });
export type SettleReply = z.infer<typeof settleReplySchema>;

export const releaseRequestSchema = z
  .strictObject({ subject_ref: subjectRefSchema, reservation_id: reservationId })
  .meta({ id: "ReleaseRequest", example: { subject_ref: "user_8812", reservation_id: exampleId } });

export const releaseReplySchema = z
  .object({ ok: z.literal(true), released: z.int(), usage_remaining: usageRemaining })
  .meta({ id: "ReleaseReply", example: { ok: true, released: 75, usage_remaining: 1_000 } });
export type ReleaseReply = z.infer<typeof releaseReplySchema>;

export const reverseRequestSchema = z
  .strictObject({
    subject_ref: subjectRefSchema,
    consume_key: z
      .string()
      .regex(/^[\x21-\x7e]{1,255}$/, "must be 1 to 255 visible ASCII characters")
      .meta({ description: "The `Idempotency-Key` of the consume or settle to give back." }),
    units: requestUnits.optional().meta({
      description: "Number of units to give back, at most what the request took. By default all of them.",
    }),
  })
  .meta({ id: "ReverseRequest", example: { subject_ref: "user_8812", consume_key: "order-10442" } });

export const reverseReplySchema = z
  .object({
    ok: z.literal(true),
    returned: z.int(),
    forfeited: z.int().meta({ description: "Units of a pack that has ended. They do not return." }),
    usage_remaining: usageRemaining,
  })
  .meta({ id: "ReverseReply", example: { ok: true, returned: 100, forfeited: 0, usage_remaining: 1_000 } });
export type ReverseReply = z.infer<typeof reverseReplySchema>;
