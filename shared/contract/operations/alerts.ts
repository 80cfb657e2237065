import { z } from "zod";
import { objectId, time } from "./inputs.ts";
import { done, operation } from "./operation.ts";

const alert = {
  alertId: objectId,
  /** The version that the form was made from: an action over another operator's is refused. */
  version: z.int().min(0).max(1_000_000_000),
};

/** `operatorId` is a member of the account; `null` removes the assignment. */
export const assignAlert = operation({
  name: "alert.assign",
  worker: "deliveries",
  scope: "project",
  role: "support",
  recentAuth: "never",
  audit: ["alert.assign"],
  input: z.strictObject({ ...alert, operatorId: objectId.nullable() }),
  output: done(),
});

/** `until` is in milliseconds since 1970; `null` ends the snooze. */
export const snoozeAlert = operation({
  name: "alert.snooze",
  worker: "deliveries",
  scope: "project",
  role: "support",
  recentAuth: "never",
  audit: ["alert.snooze"],
  input: z.strictObject({ ...alert, until: time("Choose how long to snooze the alert.").nullable() }),
  output: done(),
});

/** Marks an incident done. A state ends with its cause, and can only be snoozed. */
export const finishAlert = operation({
  name: "alert.finish",
  worker: "deliveries",
  scope: "project",
  role: "support",
  recentAuth: "never",
  audit: ["alert.finish"],
  input: z.strictObject(alert),
  output: done(),
});
