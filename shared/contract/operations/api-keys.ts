import { z } from "zod";
import { formId, objectId, time } from "./inputs.ts";
import { done, operation } from "./operation.ts";

const nameMessage = "Enter a name of 1 to 80 characters.";
const overlapMessage = "The old key can work for another 0 to 30 days.";
const maxOverlapMs = 30 * 24 * 3_600_000;

/** `apiKey` is returned once and stored nowhere. */
export const createApiKey = operation({
  name: "api_key.create",
  worker: "runtime",
  scope: "project",
  role: "admin",
  recentAuth: "live",
  audit: ["api_key.create"],
  input: z.strictObject({
    keyId: formId("key"),
    name: z.string().trim().min(1, nameMessage).max(80, nameMessage),
    /** In milliseconds since 1970; `null` for never. */
    expiresAt: time("Choose an expiry from the list.").nullable(),
  }),
  output: done<{ keyId: string; apiKey: string }>(),
});

/** The old key works for another `overlapMs`, 0 to 30 days. */
export const rotateApiKey = operation({
  name: "api_key.rotate",
  worker: "runtime",
  scope: "project",
  role: "admin",
  recentAuth: "live",
  audit: ["api_key.rotate"],
  input: z.strictObject({
    keyId: objectId,
    newKeyId: formId("key"),
    overlapMs: z.int(overlapMessage).min(0, overlapMessage).max(maxOverlapMs, overlapMessage),
  }),
  output: done<{ keyId: string; apiKey: string; oldExpiresAt: number }>(),
});

/** Revoking a leaked key must not wait for a password, so it needs no recent authentication. */
export const revokeApiKey = operation({
  name: "api_key.revoke",
  worker: "runtime",
  scope: "project",
  role: "admin",
  recentAuth: "never",
  audit: ["api_key.revoke"],
  input: z.strictObject({ keyId: objectId }),
  output: done(),
});
