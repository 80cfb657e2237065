import { createHmac, timingSafeEqual } from "node:crypto";

const toleranceSeconds = 300;

/**
 * Verifies the Standard Webhooks signature of a delivery without a library. Returns `null` for a valid
 * signature, or else the error.
 */
export function findSignatureError(
  secret: string,
  headers: Headers,
  body: string,
  nowMs: number,
): string | null {
  const id = headers.get("webhook-id");
  const timestamp = headers.get("webhook-timestamp");
  const signatures = headers.get("webhook-signature");
  if (id === null || timestamp === null || signatures === null) return "a webhook-… header is missing";
  if (!(Math.abs(nowMs / 1000 - Number(timestamp)) <= toleranceSeconds)) return "the timestamp is too old";
  const key = Buffer.from(secret.replace(/^whsec_/, ""), "base64");
  const expected = createHmac("sha256", key).update(`${id}.${timestamp}.${body}`).digest();
  // During a secret rotation, a delivery has several signatures. One valid signature is enough.
  const isSigned = signatures.split(" ").some((signature) => {
    const [version, value = ""] = signature.split(",");
    const bytes = Buffer.from(value, "base64");
    return version === "v1" && bytes.length === expected.length && timingSafeEqual(bytes, expected);
  });
  return isSigned ? null : "no signature is ours";
}
