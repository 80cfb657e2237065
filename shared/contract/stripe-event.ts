import { z } from "zod";

/** What any Stripe event must have for us to store it. The rest of the payload is read by shared/stripe. */
export const stripeEventEnvelopeSchema = z.looseObject({
  id: z.string().min(1).max(255),
  object: z.literal("event"),
  type: z.string().min(1).max(255),
  created: z.int().min(0),
  livemode: z.boolean(),
  data: z.looseObject({ object: z.looseObject({}) }),
});
