import { z } from "zod";
import { subjectRefSchema } from "./subject-ref.ts";

export const consumeMaxUnits = 1_000_000_000;

export const consumeRequestSchema = z
  .strictObject({
    subject_ref: subjectRefSchema,
    units: z
      .int()
      .min(1)
      .max(consumeMaxUnits)
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
