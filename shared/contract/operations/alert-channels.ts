import { z } from "zod";
import { alertChannelKinds } from "../alerts.ts";
import { formId, objectId } from "./inputs.ts";
import { done, operation } from "./operation.ts";

const addressMessage = "Enter an email address or URL of 1 to 2,000 characters.";

/** `secret` verifies the messages of a `webhook`. It is returned now and never again. */
export const createAlertChannel = operation({
  name: "alert_channel.create",
  worker: "deliveries",
  scope: "project",
  role: "admin",
  recentAuth: "live",
  audit: ["alert_channel.create"],
  input: z.strictObject({
    channelId: formId("chn"),
    kind: z.enum(alertChannelKinds, "Choose a kind of channel."),
    address: z.string(addressMessage).trim().min(1, addressMessage).max(2_000, addressMessage),
  }),
  output: done<{ channelId: string; secret: string | null }>(),
});

/** Stopping messages must not wait for a password. */
export const deleteAlertChannel = operation({
  name: "alert_channel.delete",
  worker: "deliveries",
  scope: "project",
  role: "admin",
  recentAuth: "never",
  audit: ["alert_channel.delete"],
  input: z.strictObject({ channelId: objectId }),
  output: done(),
});

export const testAlertChannel = operation({
  name: "alert_channel.test",
  worker: "deliveries",
  scope: "project",
  role: "admin",
  recentAuth: "live",
  audit: ["alert_channel.test"],
  input: z.strictObject({ channelId: objectId }),
  output: done(),
});
