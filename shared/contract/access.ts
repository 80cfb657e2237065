import { z } from "zod";
import { denialReasons } from "./enums.ts";
import { subjectRefSchema } from "./subject-ref.ts";

export const accessCheckRequestSchema = z
  .strictObject({ subject_ref: subjectRefSchema })
  .meta({ id: "AccessCheckRequest" });

export const accessCheckReplySchema = z
  .discriminatedUnion("allowed", [
    z.object({ subject_ref: z.string(), allowed: z.literal(true) }),
    z.object({ subject_ref: z.string(), allowed: z.literal(false), reason: z.enum(denialReasons) }),
  ])
  .meta({ id: "AccessCheckReply" });

export type AccessCheckReply = z.infer<typeof accessCheckReplySchema>;
