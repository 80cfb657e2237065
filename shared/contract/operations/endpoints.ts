import { z } from "zod";
import { formId, objectId, time, version } from "./inputs.ts";
import { done, operation } from "./operation.ts";

const maxOverlapMs = 7 * 24 * 3_600_000;
const descriptionMessage = "Use at most 200 characters.";
const sinceMessage = "Choose a time in the past.";
const overlapMessage = "The former secret can sign for another 0 to 7 days.";

const endpoint = {
  url: z.string().max(2_048, "Use at most 2,048 characters."),
  description: z.string().max(200, descriptionMessage),
  eventTypes: z.array(z.string().max(64)).max(64),
};
export interface EndpointInput {
  url: string;
  description: string;
  eventTypes: string[];
}

const endpointId = objectId;

/** The signing secret is returned now, and later only by `endpoint.reveal_secret`. */
export const createEndpoint = operation({
  name: "endpoint.create",
  worker: "deliveries",
  scope: "project",
  role: "admin",
  recentAuth: "live",
  audit: ["endpoint.create"],
  input: z.strictObject({ endpointId: formId("ep"), ...endpoint }),
  output: done<{ endpointId: string; secret: string }>(),
});

export const editEndpoint = operation({
  name: "endpoint.edit",
  worker: "deliveries",
  scope: "project",
  role: "admin",
  recentAuth: "live",
  audit: ["endpoint.edit"],
  input: z.strictObject({ endpointId, version, ...endpoint }),
  output: done(),
});

/** `waiting`: sends the deliveries that were kept for the endpoint, or drops them permanently. */
export const enableEndpoint = operation({
  name: "endpoint.enable",
  worker: "deliveries",
  scope: "project",
  role: "admin",
  recentAuth: "live",
  audit: ["endpoint.enable"],
  input: z.strictObject({ endpointId, waiting: z.enum(["send", "drop"]) }),
  output: done(),
});

/** Stopping a stream of webhooks must not wait for a password, so it needs no recent authentication. */
export const disableEndpoint = operation({
  name: "endpoint.disable",
  worker: "deliveries",
  scope: "project",
  role: "admin",
  recentAuth: "never",
  audit: ["endpoint.disable"],
  input: z.strictObject({ endpointId }),
  output: done(),
});

export const deleteEndpoint = operation({
  name: "endpoint.delete",
  worker: "deliveries",
  scope: "project",
  role: "admin",
  recentAuth: "live",
  audit: ["endpoint.delete"],
  input: z.strictObject({ endpointId }),
  output: done(),
});

export const revealSecret = operation({
  name: "endpoint.reveal_secret",
  worker: "deliveries",
  scope: "project",
  role: "admin",
  recentAuth: "always",
  audit: ["endpoint.reveal_secret"],
  input: z.strictObject({ endpointId }),
  output: done<{ secret: string }>(),
});

/** The former secret and the new one both sign for `overlapMs`, 0 to 7 days. */
export const rotateSecret = operation({
  name: "endpoint.rotate_secret",
  worker: "deliveries",
  scope: "project",
  role: "admin",
  recentAuth: "live",
  audit: ["endpoint.rotate_secret"],
  input: z.strictObject({
    endpointId,
    version,
    overlapMs: z
      .number(overlapMessage)
      .int(overlapMessage)
      .min(0, overlapMessage)
      .max(maxOverlapMs, overlapMessage),
  }),
  output: done<{ secret: string; formerSignsUntil: number }>(),
});

export const sendTestEvent = operation({
  name: "endpoint.send_test",
  worker: "deliveries",
  scope: "project",
  role: "support",
  recentAuth: "live",
  audit: ["endpoint.send_test"],
  input: z.strictObject({ endpointId }),
  output: done<{ deliveryId: string; eventId: string }>(),
});

/**
 * Starts a job that sends every event since a time, in milliseconds since 1970, to the endpoint again. `total` is `null`
 * while events must first be restored from the ledgers.
 */
export const replayEvents = operation({
  name: "endpoint.replay",
  worker: "deliveries",
  scope: "project",
  role: "support",
  recentAuth: "live",
  audit: ["endpoint.replay"],
  input: z.strictObject({
    jobId: formId("job"),
    endpointId,
    since: time(sinceMessage),
  }),
  output: done<{ jobId: string; total: number | null }>(),
});
