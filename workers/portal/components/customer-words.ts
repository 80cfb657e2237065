import type { ActionReason, EntryView, ManualType } from "../../../shared/contract/support.ts";
import type {
  AttemptError,
  CheckoutAttemptStatus,
  DeliveryState,
  DenialReason,
  EntitlementStatus,
  InboxStatus,
} from "../../../shared/contract/words.ts";
import type { Tone } from "./parts.tsx";

/** What the words about a customer's rights are called on pages. */

/** After "Access denied:" and after "not usable:". */
export const denialWords: Record<DenialReason, string> = {
  payment_past_due: "the payment is overdue",
  payment_disputed: "the payment is disputed at the bank",
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

export const statusWords: Record<EntitlementStatus, { label: string; tone: Tone }> = {
  active: { label: "Active", tone: "good" },
  past_due: { label: "Past due", tone: "warn" },
  paused: { label: "Paused", tone: "warn" },
  canceled: { label: "Canceled", tone: "bad" },
  expired: { label: "Expired", tone: "" },
};

/** Flags are an open set on the page: one that is not known here is shown as it is. */
const flagWords: Record<string, string> = {
  unknown_price: "A price of the subscription belongs to no product; the product it had is kept.",
  parallel_subscription: "The customer pays for this product twice at a time.",
  period_overdue: "The period ended more than 72 hours ago, and Stripe says nothing else.",
  collection_paused: "Stripe does not collect its invoices for now.",
};

export const flagWord = (flag: string): string => flagWords[flag] ?? flag;

export const attemptWords: Record<CheckoutAttemptStatus, { label: string; tone: Tone }> = {
  created: { label: "Open", tone: "" },
  processing: { label: "Payment on its way", tone: "warn" },
  finalized: { label: "Paid", tone: "good" },
  failed: { label: "Not paid", tone: "bad" },
};

export const inboxWords: Record<InboxStatus, { label: string; tone: Tone }> = {
  received: { label: "Waiting", tone: "warn" },
  applied: { label: "Applied", tone: "good" },
  ignored: { label: "Ignored", tone: "" },
  failed: { label: "Failed", tone: "bad" },
};

export const deliveryWords: Record<DeliveryState, { label: string; tone: Tone }> = {
  pending: { label: "Not sent yet", tone: "" },
  failed: { label: "Failed, tried again", tone: "warn" },
  sent: { label: "Delivered", tone: "good" },
  dead: { label: "Given up", tone: "bad" },
};

const attemptErrorWords: Record<AttemptError, string> = {
  timeout: "no answer in time",
  dns: "name not found",
  refused: "connection refused",
  tls: "no secure connection",
  redirect: "redirect not followed",
  blocked_address: "address not allowed",
  http: "answered with an error",
  interrupted: "interrupted: it may have arrived",
};

/** `200`, `500`, `no answer in time`; `null` before the first attempt ended. */
export function httpResult({
  lastStatus,
  lastError,
}: {
  lastStatus: number | null;
  lastError: AttemptError | null;
}): string | null {
  if (lastStatus !== null) return String(lastStatus);
  return lastError === null ? null : attemptErrorWords[lastError];
}

export const reasonNames: Record<ActionReason, string> = {
  customer_request: "The customer asked for it",
  goodwill: "Goodwill",
  paid_elsewhere: "Paid in another way",
  our_mistake: "Our mistake",
  incident: "An incident",
  abuse: "Abuse",
  other: "Something else",
};

const manualNames: Record<ManualType, string> = {
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

/** What an entry did, as a heading. */
export function entryTitle({ operation, manual }: EntryView): string {
  return manual === null ? operationTitle(operation) : manualNames[manual.type];
}

export const operationTitle = (operation: string): string => operationNames[operation] ?? operation;

/** An operator's reason as the ledger keeps it, `<choice>: <text>`, in words. */
export function reasonSentence(reason: string): string {
  const [, choice = "", text = reason] = /^([a-z_]+): (.*)$/s.exec(reason) ?? [];
  const name = Object.entries(reasonNames).find(([key]) => key === choice)?.[1];
  return name === undefined ? reason : `${name}: ${text}`;
}
