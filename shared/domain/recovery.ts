import type { DenialReason, EntitlementKind, RecoveryAction } from "../contract/enums.ts";

/** The page that an action needs. `null`: none. */
type RecoveryPage = "invoice" | "payment_method" | "portal" | "checkout";

/** What a denied customer can do. */
export interface RecoveryStep {
  action: Exclude<RecoveryAction, "none">;
  page: RecoveryPage | null;
}

const contactSupport: RecoveryStep = { action: "contact_support", page: null };

/**
 * Lists what a denied customer can do, the best first. The next one applies where a step's page can't be had.
 * `kind` is that of the entitlement that decided, or `null` where there is none. Pure, and the same for every customer.
 */
export function listRecoverySteps(reason: DenialReason, kind: EntitlementKind | null): RecoveryStep[] {
  switch (reason) {
    case "payment_past_due":
      return [
        ...ofSubscription(kind, { action: "pay_invoice", page: "invoice" }),
        ...ofSubscription(kind, { action: "update_payment_method", page: "payment_method" }),
        contactSupport,
      ];
    case "subscription_incomplete":
      return [...ofSubscription(kind, { action: "confirm_payment", page: "invoice" }), contactSupport];
    case "subscription_paused":
      return [...ofSubscription(kind, { action: "resume", page: "portal" }), contactSupport];
    case "usage_exhausted":
    case "time_pass_expired":
    case "subscription_ended":
    case "refunded":
    case "no_entitlement":
      return [{ action: "buy", page: "checkout" }, contactSupport];
    case "not_started":
      return [{ action: "wait", page: null }];
    // Paying again would not lift these. A person has to review them.
    case "payment_disputed":
    case "payment_refunded":
    case "revoked":
      return [contactSupport];
  }
}

/** Only a subscription has invoices and a payment method to update. */
function ofSubscription(kind: EntitlementKind | null, step: RecoveryStep): RecoveryStep[] {
  return kind === "subscription" ? [step] : [];
}
