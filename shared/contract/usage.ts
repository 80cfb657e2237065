import { z } from "zod";
import { subjectRefSchema } from "./subject-ref.ts";

/** Maximum number of units in one request. */
export const maxRequestUnits = 1_000_000_000;

const unitsRule = "must be a whole number from 1 to 1,000,000,000";
export const requestUnits = z.int(unitsRule).min(1, unitsRule).max(maxRequestUnits, unitsRule);

export const consumeRequestSchema = z
  .strictObject({
    subject_ref: subjectRefSchema,
    units: requestUnits.meta({ description: "Number of units to consume.", example: 100 }),
  })
  .meta({ id: "ConsumeRequest", example: { subject_ref: "user_8812", units: 100 } });

export const consumeReplySchema = z
  .object({
    ok: z.literal(true),
    consumed: z.int(),
    usage_remaining: z.int().meta({ description: "Units left in all usable packs combined." }),
  })
  .meta({ id: "ConsumeReply", example: { ok: true, consumed: 100, usage_remaining: 900 } });

export type ConsumeReply = z.infer<typeof consumeReplySchema>;
