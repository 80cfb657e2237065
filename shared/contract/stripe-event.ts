import { z } from "zod";

/** A time inside a Stripe object: whole seconds since 1970, to the end of the year 9999. */
export const stripeSecondsSchema = z.int().min(0).max(253_402_300_799);

/** The fields that a Stripe event must have in order to be stored. shared/stripe parses the rest. */
export const stripeEventEnvelopeSchema = z.looseObject({
  id: z.string().min(1).max(255),
  object: z.literal("event"),
  type: z.string().min(1).max(255),
  created: stripeSecondsSchema,
  livemode: z.boolean(),
  data: z.looseObject({ object: z.looseObject({}) }),
});
