import { z } from "zod";
import { type DenialReason, denialReasons } from "./enums.ts";
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

/** Builds the reply to a check. `reason` is `null` when access is allowed. The portal shows the same reply to operators. */
export function toAccessCheckReply(subjectRef: string, reason: DenialReason | null): AccessCheckReply {
  const subject_ref = subjectRef;
  return reason === null ? { subject_ref, allowed: true } : { subject_ref, allowed: false, reason };
}
