/** What has to be remembered of an object and is not part of what Stripe shows. */
export interface ObjectNotes {
  "checkout.session": {
    /** `payment_intent_data[metadata]`: there is no payment intent before somebody pays. */
    paymentMetadata: Record<string, string>;
  };
}
