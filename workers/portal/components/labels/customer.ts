import type {
  CheckoutAttemptStatus,
  ClockChange,
  DenialReason,
  EntitlementStatus,
} from "../../../../shared/contract/enums.ts";
import type {
  AccessView,
  EntryView,
  NoticeView,
} from "../../../../shared/contract/operations/customer-views.ts";
import type { ActionReason } from "../../../../shared/contract/operations/inputs.ts";
import type { ManualActionType } from "../../../../shared/contract/operations/manual-action.ts";
import type { Tone } from "../parts.tsx";

/** Labels for a customer's entitlements, actions and ledger entries. */

/** Shown after "No access:" and after "Blocked:". */
export const denialLabels: Record<DenialReason, string> = {
  payment_past_due: "payment past due",
  payment_disputed: "payment disputed",
  payment_refunded: "payment for this period refunded",
  subscription_incomplete: "first payment incomplete",
  subscription_paused: "subscription paused",
  usage_exhausted: "no units left",
  not_started: "not started",
  time_pass_expired: "time pass expired",
  subscription_ended: "subscription ended",
  refunded: "payment refunded",
  revoked: "revoked by an operator",
  no_entitlement: "no active entitlement",
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

/** Formats a decision as a headline: `No access: payment past due`. */
export function formatHeadline({ allowed, reason }: AccessView, isPast = false): string {
  if (allowed) return isPast ? "Access was allowed" : "Access allowed";
  const because = reason === null ? "" : `: ${denialLabels[reason]}`;
  return isPast ? `Access was denied${because}` : `No access${because}`;
}

export const entitlementStatusLabels: Record<EntitlementStatus, { label: string; tone: Tone }> = {
  active: { label: "Active", tone: "good" },
  past_due: { label: "Past due", tone: "warn" },
  paused: { label: "Paused", tone: "warn" },
  canceled: { label: "Canceled", tone: "bad" },
  expired: { label: "Expired", tone: "" },
};

/** New flags may appear before this table knows them. An unknown flag is shown unchanged. */
const flagWords: Record<string, string> = {
  unknown_price: "Unknown price on this subscription. The previous product is kept.",
  parallel_subscription: "Duplicate subscription for this product.",
  period_overdue: "The period ended over 72 hours ago with no update from Stripe.",
  collection_paused: "Payment collection is paused in Stripe.",
  partly_refunded: "Part of the payment was refunded. Access is unchanged.",
  partly_lost: "Part of the payment was lost in a dispute. Access is unchanged.",
  reversal_in_other_currency:
    "A refund or dispute is in another currency than the payment and was not counted. Review it in Stripe.",
  plan_change_unpaid:
    "A plan change or another item is not paid. This product's paid period keeps access until it ends.",
  paid_after_end: "A payment arrived after the subscription ended. It grants no access. Refund it in Stripe.",
};

export const toFlagLabel = (flag: string): string => flagWords[flag] ?? flag;

/** What a kind of failure means, by the word that the runtime begins it with. */
const detailWords: Readonly<Record<string, string>> = {
  unroutable: "No matching customer",
  unreadable: "Unexpected content",
};

/** Words the result of a Stripe event: a flag, or a sentence of the runtime, without a full stop. */
export function formatEventDetail(detail: string): string {
  if (flagWords[detail] !== undefined) return flagWords[detail].replace(/\.$/, "");
  const [, word = "", rest = detail] = /^([a-z]+): (.*)$/s.exec(detail) ?? [];
  const known = detailWords[word];
  return known === undefined ? `${detail.charAt(0).toUpperCase()}${detail.slice(1)}` : `${known}: ${rest}`;
}

export const checkoutAttemptLabels: Record<CheckoutAttemptStatus, { label: string; tone: Tone }> = {
  created: { label: "Open", tone: "" },
  processing: { label: "Processing", tone: "warn" },
  finalized: { label: "Paid", tone: "good" },
  failed: { label: "Unpaid", tone: "bad" },
};

export const actionReasonLabels: Record<ActionReason, string> = {
  customer_request: "Customer request",
  goodwill: "Goodwill",
  paid_elsewhere: "Paid outside Stripe",
  our_mistake: "Our mistake",
  incident: "Incident",
  abuse: "Abuse",
  other: "Other",
};

const manualNames: Record<ManualActionType, string> = {
  grant: "Access granted",
  revoke: "Access revoked",
  adjust: "Credits adjusted",
  lift_hold: "Hold lifted",
  release_reservation: "Held units released",
  undo: "Change undone",
};

/** Returns whether an operator can undo an action of this type. A job may have ended since its units were released. */
export const canUndo = (type: ManualActionType): boolean => type !== "undo" && type !== "release_reservation";

export const noticeNames: Record<NoticeView["type"], string> = {
  "usage.low": "Low balance",
  "usage.recovered": "Balance recovered",
  "entitlement.expiring": "Expiring soon",
};

const operationNames: Record<string, string> = {
  grant: "Purchase granted",
  consume: "Units used",
  reserve: "Units reserved",
  settle: "Reservation settled",
  release: "Reservation released",
  lapse: "Reservation expired",
  unfunded: "Units not billed",
  reverse: "Usage given back",
  expire: "Expired",
  subscription: "Subscription changed",
  invoice: "Invoice recorded",
  allowance: "Included units updated",
  settings: "Settings applied",
  refund: "Refund",
  dispute: "Dispute",
  lift_hold: "Hold lifted",
};

/** Reasons with a heading of their own. */
const reasonNames: Record<string, string> = {
  allowance_began: "Included units granted",
  allowance_terms: "Terms of included units changed",
  signal_settings: "Signal settings applied",
};

/** Returns the heading of a ledger entry. */
export function toEntryTitle({ operation, manual, reason }: EntryView): string {
  return manual === null ? (reasonNames[reason] ?? toOperationTitle(operation)) : manualNames[manual.type];
}

export const toOperationTitle = (operation: string): string => operationNames[operation] ?? operation;

/** Formats an operator's reason, which the ledger stores as `<choice>: <text>`. */
export function formatReason(reason: string): string {
  const [, choice = "", text = reason] = /^([a-z_]+): (.*)$/s.exec(reason) ?? [];
  const name = Object.entries(actionReasonLabels).find(([key]) => key === choice)?.[1];
  return name === undefined ? reason : `${name}: ${text}`;
}
