import { z } from "zod";
import { openContext } from "../context.ts";
import { sendEvent } from "../events.ts";
import type { JsonObject } from "../wire.ts";
import { accountId, type Control, readBody } from "./control.ts";

const jsonObject = z.record(z.string(), z.json());

const body = z.strictObject({
  account: accountId,
  mode: z.enum(["test", "live"]).optional(),
  type: z.string().regex(/^[a-z0-9_]+(\.[a-z0-9_]+)+$/),
  object: z.looseObject({ object: z.string() }).and(jsonObject),
  previous_attributes: jsonObject.optional(),
  created: z.int().min(0).optional(),
  connected_account: accountId.optional(),
});

/**
 * Sends a made-up event to the endpoints of `account`, signed as all others are. Stores no object: reads of
 * the API do not know it.
 *
 * With `connected_account` it is an event of that account, as a Connect platform gets it: it carries
 * `account`, and only the connected account lists it.
 */
export const controlNewEvent: Control = ({ storage, publicOrigin, now }, json) => {
  const { account, mode = "test", connected_account, created = now, ...event } = readBody(body, json);
  const livemode = mode === "live";
  const receiver = openContext(storage, publicOrigin, { accountId: account, livemode }, now);
  const origin = openContext(
    storage,
    publicOrigin,
    { accountId: connected_account ?? account, livemode },
    now,
  );
  const sent = sendEvent(receiver, origin, {
    type: event.type,
    created,
    data: {
      object: event.object as JsonObject,
      ...(event.previous_attributes === undefined
        ? {}
        : { previous_attributes: event.previous_attributes as JsonObject }),
    },
  });
  return { reply: { event: sent } };
};
