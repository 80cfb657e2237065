import { type DenialReason, denialReasons } from "../../../shared/contract/enums.ts";
import { toCustomerStatus } from "../../../shared/domain/decision.ts";
import { code } from "../text.ts";

interface Explanation {
  meaning: string;
  /** What your app does for the customer. */
  app: string;
  /** What an operator can do. */
  support: string;
}

/** The type makes a new reason without an explanation an error of the compiler. */
const explanations: Record<DenialReason, Explanation> = {
  payment_past_due: {
    meaning: "A renewal was not paid, and the project's grace days are over. Stripe keeps trying to collect.",
    app: "Send the customer to update the payment method. Don't sell the subscription again: a checkout answers `already_subscribed`.",
    support:
      "[Send a recovery link](/docs/support/recovery-link), or [grant access](/docs/support/manual-recovery) with a last day.",
  },
  payment_disputed: {
    meaning: "The customer's bank disputes the payment. A hold blocks this purchase until the bank decides.",
    app: "Show your support address. Nothing the customer buys again lifts this hold.",
    support: "Lift the hold, if the customer may use the purchase during that time.",
  },
  payment_refunded: {
    meaning:
      "The payment of a subscription's current period was refunded. The next payment gives access again.",
    app: "Say that the period was refunded, and offer support.",
    support: "[Lift the hold](/docs/support/refund-revoked-access), if the refund was goodwill.",
  },
  subscription_incomplete: {
    meaning:
      "The subscription's first payment is not done, for example because the bank requires a confirmation.",
    app: "Send the customer back to confirm the payment at Stripe.",
    support:
      "[Send a recovery link](/docs/support/recovery-link): it opens the page where the payment is confirmed.",
  },
  subscription_paused: {
    meaning: "The subscription is paused at Stripe, usually because a trial ended without a payment method.",
    app: "Send the customer to resume it.",
    support: "Resume the subscription in Stripe. Licenzy follows.",
  },
  usage_exhausted: {
    meaning: "No units are left: all are used, expired, or held by open reservations.",
    app: "Offer a usage pack. If jobs hold units, wait for them.",
    support: "Open the tab **Usage**: [Credits gone unexpectedly](/docs/support/credits-gone).",
  },
  not_started: {
    meaning: "The customer has a purchase that begins later, such as a time pass that is queued.",
    app: "Show `starts_at` of the entitlement.",
    support: "Grant access until that time, if needed.",
  },
  time_pass_expired: {
    meaning: "The time pass is over.",
    app: "Offer the pass again.",
    support:
      "[Send a recovery link](/docs/support/recovery-link), or grant access with a last day as goodwill.",
  },
  subscription_ended: {
    meaning: "The subscription ended, because it was canceled or the retries of a payment gave up.",
    app: "Offer the subscription again.",
    support: "The timeline shows when it ended and which Stripe event reported it.",
  },
  refunded: {
    meaning: "The purchase was refunded in full, which ended it.",
    app: "Offer the product again.",
    support: "[Refund revoked access](/docs/support/refund-revoked-access).",
  },
  revoked: {
    meaning: "An operator of your team revoked the entitlement.",
    app: "Show your support address.",
    support: "The timeline names the operator and the note. Undo it there, if it was wrong.",
  },
  no_entitlement: {
    meaning:
      "The customer never had an entitlement in this project and mode. Unknown customers get this reason too.",
    app: "Offer your products. `GET /v1/products` lists them.",
    support: "If the customer has paid: [Paid, but no access](/docs/support/paid-but-no-access).",
  },
};

export function denialReasonCatalog(): string {
  return denialReasons
    .map((reason) => {
      const { meaning, app, support } = explanations[reason];
      const status = toCustomerStatus({ allowed: false, reason, entitlementId: null });
      return [
        `### ${code(reason)} {#${reason}}`,
        `${meaning} \`GET /v1/customer/access\` reports the status \`${status}\`.`,
        `- **Your app:** ${app}\n- **Support:** ${support}`,
      ].join("\n\n");
    })
    .join("\n\n");
}
