/** Stored data of an object that Stripe does not expose. */
export interface ObjectNotes {
  "checkout.session": {
    /** `payment_intent_data[metadata]`, kept until the payment creates the payment intent. */
    paymentMetadata: Record<string, string>;
    /** `subscription_data`, kept until the payment creates the subscription. */
    subscriptionMetadata: Record<string, string>;
    trialDays: number | null;
    /** Ids of the coupons, kept until the session is completed. */
    coupons?: string[];
  };
  subscription: {
    /** Outcome of payment attempts, until a control changes it. */
    nextPayment: "succeed" | "fail";
  };
}
