import { z } from "zod";
import { eventSchemas } from "./event-catalog.ts";
import { wholeNumber } from "./whole-number.ts";

export const eventListQuerySchema = z.strictObject({
  limit: wholeNumber({ min: 1, max: 100, message: "must be a whole number from 1 to 100" })
    .default(50)
    .meta({ description: "Number of events to return, 1-100." }),
  starting_after: z
    .string()
    .regex(/^evt_[0-9a-z]{26}$/, "must be the id of an event")
    .optional()
    .meta({
      description: "The id of the last event on the previous page.",
      example: "evt_06h0ts0anhptwk1eckyg2m31a4",
    }),
});

export const eventListReplySchema = z
  .object({ events: z.array(z.union(eventSchemas.map(({ schema }) => schema))), has_more: z.boolean() })
  .meta({ id: "EventList", example: { events: [], has_more: false } });
