import { z } from "zod";
import { subjectRefSchema } from "./subject-ref.ts";

const consumeMaxUnits = 1_000_000_000;

const unitsRule = "must be a whole number from 1 to 1,000,000,000";

export const consumeRequestSchema = z
  .strictObject({
    subject_ref: subjectRefSchema,
    units: z
      .int(unitsRule)
      .min(1, unitsRule)
      .max(consumeMaxUnits, unitsRule)
      .meta({ description: "How many units to spend.", example: 100 }),
  })
  .meta({ id: "ConsumeRequest" });

export const consumeReplySchema = z
  .object({
    ok: z.literal(true),
    consumed: z.int(),
    usage_remaining: z.int().meta({ description: "Units left in all usable packs together." }),
  })
  .meta({ id: "ConsumeReply" });

export type ConsumeReply = z.infer<typeof consumeReplySchema>;
