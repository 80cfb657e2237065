import type { RecoveryAction } from "../../../../shared/contract/enums.ts";

/** What a customer does to regain access, after "Next: ". */
export const recoveryActionLabels: Record<RecoveryAction, string> = {
  pay_invoice: "pay the open invoice",
  confirm_payment: "confirm the first payment",
  update_payment_method: "update the payment method",
  resume: "resume the subscription",
  buy: "buy in a checkout",
  wait: "wait until access starts",
  contact_support: "contact support",
  none: "nothing, access was allowed",
};
