import { createHmac, randomBytes } from "node:crypto";

/** Standard Webhooks 1.0: https://www.standardwebhooks.com. Its client libraries verify these signatures. */
const secretPrefix = "whsec_";
const secretBytes = 32;

export function generateSigningSecret(): string {
  return secretPrefix + randomBytes(secretBytes).toString("base64");
}

/**
 * Builds the three headers of one attempt: HMAC-SHA256 of `id.timestamp.body` with each secret, newest first.
 * `at` is the time of the attempt in milliseconds. Receivers reject a timestamp more than five minutes off.
 */
export function buildSignatureHeaders(
  secrets: readonly string[],
  message: { id: string; at: number; body: string },
): Record<"webhook-id" | "webhook-timestamp" | "webhook-signature", string> {
  if (secrets.length === 0) throw new Error("a message needs at least one signing secret");
  const timestamp = String(Math.floor(message.at / 1_000));
  const content = `${message.id}.${timestamp}.${message.body}`;
  const signatures = secrets.map((secret) => {
    const key = Buffer.from(secret.slice(secretPrefix.length), "base64");
    return `v1,${createHmac("sha256", key).update(content).digest("base64")}`;
  });
  return {
    "webhook-id": message.id,
    "webhook-timestamp": timestamp,
    "webhook-signature": signatures.join(" "),
  };
}
