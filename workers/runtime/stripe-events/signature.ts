import Stripe from "stripe";

const toleranceSeconds = 300;
const cryptoProvider = Stripe.createSubtleCryptoProvider();

/** Checks the format and age of a `Stripe-Signature` header before any I/O. `now` is in milliseconds. */
export function hasPlausibleSignature(header: string | undefined, now: number): header is string {
  if (header === undefined || header.length > 4_096) return false;
  const timestamp = /(?:^|,)t=(\d{1,12})(?:,|$)/.exec(header)?.[1];
  if (timestamp === undefined || !/(?:^|,)v1=[0-9a-f]{64}(?:,|$)/.test(header)) return false;
  return Math.abs(now / 1_000 - Number(timestamp)) <= toleranceSeconds;
}

/** Returns whether `secret` signed exactly these bytes, at most 300 s before or after `now`. */
export async function hasValidSignature(
  secret: string,
  payload: Uint8Array,
  header: string,
  now: number,
): Promise<boolean> {
  try {
    const { signature } = Stripe.webhooks;
    return (
      (await signature?.verifyHeaderAsync(payload, header, secret, toleranceSeconds, cryptoProvider, now)) ===
      true
    );
  } catch (error) {
    if (error instanceof Stripe.errors.StripeSignatureVerificationError) return false;
    throw error;
  }
}
