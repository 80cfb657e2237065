import Stripe from "stripe";

const toleranceSeconds = 300;
const cryptoProvider = Stripe.createSubtleCryptoProvider();

/** The form and the age of `Stripe-Signature`, judged before any I/O. `now` in milliseconds. */
export function hasPlausibleSignature(header: string | undefined, now: number): header is string {
  if (header === undefined || header.length > 4_096) return false;
  const timestamp = /(?:^|,)t=(\d{1,12})(?:,|$)/.exec(header)?.[1];
  if (timestamp === undefined || !/(?:^|,)v1=[0-9a-f]{64}(?:,|$)/.test(header)) return false;
  return Math.abs(now / 1_000 - Number(timestamp)) <= toleranceSeconds;
}

/** Whether `secret` signed exactly these bytes, within the tolerance around `now`. */
export async function isSignedBy(
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
