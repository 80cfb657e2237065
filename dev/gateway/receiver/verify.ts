import { createHmac, timingSafeEqual } from "node:crypto";

const toleranceSeconds = 300;

/**
 * Verifies a delivery by Standard Webhooks, in the few lines that it takes without a library. `null` when it is well,
 * else what is wrong.
 */
export function signatureFault(secret: string, headers: Headers, body: string, nowMs: number): string | null {
  const id = headers.get("webhook-id");
  const timestamp = headers.get("webhook-timestamp");
  const signatures = headers.get("webhook-signature");
  if (id === null || timestamp === null || signatures === null) return "a webhook-… header is missing";
  if (!(Math.abs(nowMs / 1000 - Number(timestamp)) <= toleranceSeconds)) return "the timestamp is too old";
  const key = Buffer.from(secret.replace(/^whsec_/, ""), "base64");
  const expected = createHmac("sha256", key).update(`${id}.${timestamp}.${body}`).digest();
  // Several while a secret is being changed: any of them will do.
  const isSigned = signatures.split(" ").some((signature) => {
    const [version, value = ""] = signature.split(",");
    const bytes = Buffer.from(value, "base64");
    return version === "v1" && bytes.length === expected.length && timingSafeEqual(bytes, expected);
  });
  return isSigned ? null : "no signature is ours";
}
