/** What has to be remembered of an object and is not part of what Stripe shows. */
export interface ObjectNotes {
  "checkout.session": {
    /** `payment_intent_data[metadata]`: there is no payment intent before somebody pays. */
    paymentMetadata: Record<string, string>;
    /** `subscription_data`: nor is there a subscription. */
    subscriptionMetadata: Record<string, string>;
    trialDays: number | null;
  };
  subscription: {
    /** What comes of the next attempts to collect money, until a control says otherwise. */
    nextPayment: "succeed" | "fail";
  };
}
