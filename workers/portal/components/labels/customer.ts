import type {
  CheckoutAttemptStatus,
  ClockChange,
  DenialReason,
  EntitlementStatus,
} from "../../../../shared/contract/enums.ts";
import type { EntryView } from "../../../../shared/contract/operations/customer-views.ts";
import type { ActionReason } from "../../../../shared/contract/operations/inputs.ts";
import type { ManualActionType } from "../../../../shared/contract/operations/manual-action.ts";
import type { Tone } from "../parts.tsx";

/** Labels for a customer's entitlements, actions and ledger entries. */

/** Shown after "Access denied:" and after "not usable:". */
export const denialLabels: Record<DenialReason, string> = {
  payment_past_due: "the payment is overdue",
  payment_disputed: "the payment is disputed at the bank",
  payment_refunded: "the payment of this period was refunded",
  subscription_incomplete: "the subscription's first payment is not done",
  subscription_paused: "the subscription is paused",
  usage_exhausted: "no units are left",
  not_started: "it has not begun yet",
  time_pass_expired: "the time pass has ended",
  subscription_ended: "the subscription has ended",
  refunded: "the payment was refunded",
  revoked: "an operator took it away",
  no_entitlement: "nothing gives access",
};

/** Shown after the product, where time alone changed access. */
export const clockChangeLabels: Record<ClockChange, string> = {
  started: "started",
  expired: "expired",
  grace_ended: "grace period ended",
  coverage_ended: "paid period ended",
  hold_began: "hold took effect",
  hold_ended: "hold ended",
};

export const entitlementStatusLabels: Record<EntitlementStatus, { label: string; tone: Tone }> = {
  active: { label: "Active", tone: "good" },
  past_due: { label: "Past due", tone: "warn" },
  paused: { label: "Paused", tone: "warn" },
  canceled: { label: "Canceled", tone: "bad" },
  expired: { label: "Expired", tone: "" },
};

/** New flags may appear before this table knows them. An unknown flag is shown unchanged. */
const flagWords: Record<string, string> = {
  unknown_price: "A price of the subscription belongs to no product; the product it had is kept.",
  parallel_subscription: "The customer pays for this product twice at a time.",
  period_overdue: "The period ended more than 72 hours ago, and Stripe says nothing else.",
  collection_paused: "Stripe does not collect its invoices for now.",
  partly_refunded: "Part of the payment was refunded. Access is unchanged.",
  partly_lost: "Part of the payment was lost in a dispute. Access is unchanged.",
  reversal_in_other_currency:
    "A refund or dispute is in another currency than the payment and was not counted. Review it in Stripe.",
  plan_change_unpaid:
    "The plan change was not paid. The former plan's paid period keeps access until it ends.",
  paid_after_end: "A payment arrived after the subscription ended. It grants no access. Refund it in Stripe.",
};

export const toFlagLabel = (flag: string): string => flagWords[flag] ?? flag;

export const checkoutAttemptLabels: Record<CheckoutAttemptStatus, { label: string; tone: Tone }> = {
  created: { label: "Open", tone: "" },
  processing: { label: "Payment on its way", tone: "warn" },
  finalized: { label: "Paid", tone: "good" },
  failed: { label: "Not paid", tone: "bad" },
};

export const actionReasonLabels: Record<ActionReason, string> = {
  customer_request: "The customer asked for it",
  goodwill: "Goodwill",
  paid_elsewhere: "Paid in another way",
  our_mistake: "Our mistake",
  incident: "An incident",
  abuse: "Abuse",
  other: "Something else",
};

const manualNames: Record<ManualActionType, string> = {
  grant: "Granted by hand",
  revoke: "Revoked by hand",
  adjust: "Credits adjusted by hand",
  lift_hold: "Hold lifted by hand",
  undo: "Undone by hand",
};

const operationNames: Record<string, string> = {
  grant: "Purchase granted",
  consume: "Units used",
  expire: "Expired",
  subscription: "Subscription changed",
  invoice: "Invoice noted",
  refund: "Refund",
  dispute: "Dispute",
  lift_hold: "Hold lifted",
};

/** Returns the heading of a ledger entry. */
export function toEntryTitle({ operation, manual }: EntryView): string {
  return manual === null ? toOperationTitle(operation) : manualNames[manual.type];
}

export const toOperationTitle = (operation: string): string => operationNames[operation] ?? operation;

/** Formats an operator's reason, which the ledger stores as `<choice>: <text>`. */
export function formatReason(reason: string): string {
  const [, choice = "", text = reason] = /^([a-z_]+): (.*)$/s.exec(reason) ?? [];
  const name = Object.entries(actionReasonLabels).find(([key]) => key === choice)?.[1];
  return name === undefined ? reason : `${name}: ${text}`;
}
