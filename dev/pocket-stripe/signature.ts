import { createHmac } from "node:crypto";

/** Returns the `Stripe-Signature` header for `body`, signed at `at` (seconds since 1970). */
export function signWebhook(secret: string, body: string, at: number): string {
  const signature = createHmac("sha256", secret).update(`${at}.${body}`).digest("hex");
  return `t=${at},v1=${signature}`;
}
