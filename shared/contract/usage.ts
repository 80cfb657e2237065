import { z } from "zod";
import { subjectRefSchema } from "./subject-ref.ts";

const maxConsumeUnits = 1_000_000_000;

const unitsRule = "must be a whole number from 1 to 1,000,000,000";

export const consumeRequestSchema = z
  .strictObject({
    subject_ref: subjectRefSchema,
    units: z
      .int(unitsRule)
      .min(1, unitsRule)
      .max(maxConsumeUnits, unitsRule)
      .meta({ description: "Number of units to consume.", example: 100 }),
  })
  .meta({ id: "ConsumeRequest" });

export const consumeReplySchema = z
  .object({
    ok: z.literal(true),
    consumed: z.int(),
    usage_remaining: z.int().meta({ description: "Units left in all usable packs combined." }),
  })
  .meta({ id: "ConsumeReply" });

export type ConsumeReply = z.infer<typeof consumeReplySchema>;
