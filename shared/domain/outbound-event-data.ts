import type { OutboundEventData, OutboundEventType } from "../contract/outbound-event.ts";
import { statusAt } from "./availability.ts";
import type { Entitlement, Moment } from "./entitlement.ts";
import type { LedgerEntry } from "./ledger.ts";
import type { SubjectIdentity } from "./subject-name.ts";

export interface OutboundEventDraft {
  type: OutboundEventType;
  data: OutboundEventData;
}

export type SubjectKey = Omit<SubjectIdentity, "region">;

/** The entitlement and units that one event reports. */
export interface EventContent {
  entitlement: Entitlement | null;
  units: number | null;
  lots: OutboundEventData["lots"];
}

/** What an event's data takes from its entry, or from time where no entry caused it. */
type EventCause = Pick<
  LedgerEntry,
  "operation" | "source" | "reason" | "actor" | "sequence" | "at" | "reservation"
>;

/** Builds the data of one event. Every key is present, and `null` where it does not apply. */
export function buildEventData(
  { projectId, mode, subjectRef }: SubjectKey,
  entry: EventCause,
  { entitlement, units, lots }: EventContent,
  remaining: number | null,
): OutboundEventData {
  const purchase = entitlement?.purchase ?? null;
  const isByOperator = entry.source === "portal";
  const stripe = isByOperator ? null : purchase;
  return {
    subject_ref: subjectRef,
    project_id: projectId,
    mode,
    product_code: entitlement?.productCode ?? null,
    kind: entitlement?.kind ?? null,
    status: entitlement === null ? null : statusAt(entitlement, entry.at),
    reason: toPublicReason(entry),
    source: entry.source,
    entitlement_id: entitlement?.entitlementId ?? null,
    attempt_id: purchase?.attemptId ?? null,
    units,
    usage_remaining: remaining,
    amount_total: stripe?.amountTotal ?? null,
    currency: stripe?.currency ?? null,
    stripe_checkout_session_id: stripe?.checkoutSessionId ?? null,
    stripe_payment_intent_id: stripe?.paymentIntentId ?? null,
    stripe_subscription_id: stripe?.subscriptionId ?? null,
    current_period_end: toIsoTime(entitlement?.currentPeriodEnd),
    expires_at: toIsoTime(entitlement?.expiresAt),
    canceled_at: toIsoTime(entitlement?.canceledAt),
    actor_user_id: isByOperator ? entry.actor : null,
    metadata: purchase?.metadata ?? null,
    created_at: toIsoTime(entitlement?.createdAt),
    updated_at: toIsoTime(entitlement?.updatedAt ?? entry.at),
    lots,
    reservation_id: entry.reservation?.reservationId ?? null,
    decision_id: null,
    sequence: entry.sequence,
  };
}

/** The operator's free-text reason is internal. The customer's backend receives the operation instead. */
function toPublicReason({ source, operation, reason }: EventCause): string {
  if (source !== "portal") return reason;
  if (operation === "release") return "reservation_released";
  return operation === "lift_hold" ? "hold_lifted" : operation;
}

function toIsoTime(moment: Moment | null | undefined): string | null {
  return moment === null || moment === undefined ? null : new Date(moment).toISOString();
}
