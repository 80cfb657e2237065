import type { OutboundEventData, OutboundEventType } from "../contract/outbound-event.ts";
import { statusAt } from "./availability.ts";
import type { Entitlement, Moment } from "./entitlement.ts";
import {
  applyEntry,
  isUsage,
  type LedgerEntry,
  type SubjectState,
  type TouchedEntitlement,
  type UnitMovement,
  unitsMoved,
} from "./ledger.ts";
import { getUsageRemaining, type LotUnits } from "./lots.ts";
import type { StripeRecord, SubscriptionRecord } from "./stripe-record.ts";
import type { SubjectIdentity } from "./subject-name.ts";

export interface OutboundEventDraft {
  type: OutboundEventType;
  data: OutboundEventData;
}

type SubjectKey = Omit<SubjectIdentity, "region">;

/** The entitlement and units that one event reports. */
interface EventContent {
  entitlement: Entitlement | null;
  units: number | null;
  lots: OutboundEventData["lots"];
}

/**
 * Builds the outbound events of a ledger entry, in a deterministic order. An entry with no change visible to
 * the customer's backend produces no event. `before` is the state that the entry follows; usage does not use it.
 */
export function buildOutboundEvents(
  subject: SubjectKey,
  before: SubjectState,
  entry: LedgerEntry,
): OutboundEventDraft[] {
  if (isUsage(entry.operation)) return buildUsageEvents(subject, entry);
  const after = applyEntry(before, entry);
  const event = (type: OutboundEventType, content: EventContent): OutboundEventDraft => {
    const isPack = content.entitlement?.kind === "usage_pack";
    const remaining = isPack ? getUsageRemaining(after.entitlements.values(), entry.at) : null;
    return { type, data: buildEventData(subject, entry, content, remaining) };
  };
  const purchased = findPurchases(before, after, entry);
  const changed = entry.touched.filter(
    ({ entitlement }) =>
      !purchased.some((one) => one?.entitlementId === entitlement.entitlementId) &&
      isVisiblyChanged(before.entitlements.get(entitlement.entitlementId), entitlement),
  );
  return [
    ...purchased.map((entitlement) =>
      event("purchase.finalized", toEventContent(entitlement, entry.touched)),
    ),
    ...findSettledInvoices(before, entry).map(({ record, outcome }) =>
      event(
        outcome === "paid" ? "invoice.payment_succeeded" : "invoice.payment_failed",
        toEventContent(findCurrentEntitlement(after, record), []),
      ),
    ),
    ...changed.map(({ entitlement }) =>
      event(
        getChangeType(before.entitlements.get(entitlement.entitlementId), entitlement, entry),
        toEventContent(entitlement, entry.touched),
      ),
    ),
  ];
}

/** Finds what the entry sold: entitlements of a checkout, or a subscription once its checkout is known. */
function findPurchases(
  before: SubjectState,
  after: SubjectState,
  entry: LedgerEntry,
): (Entitlement | null)[] {
  if (entry.operation !== "grant" || entry.reason !== "checkout_finalized") return [];
  const granted = entry.touched.filter(({ entitlement }) => {
    const isNew = !before.entitlements.has(entitlement.entitlementId);
    return isNew && entitlement.kind !== "subscription";
  });
  const sold = entry.records.filter(
    (record): record is SubscriptionRecord =>
      record.type === "subscription" &&
      record.checkout !== null &&
      findSubscription(before, record.recordId)?.checkout == null,
  );
  return [
    ...granted.map(({ entitlement }) => entitlement),
    ...sold.map((record) => findCurrentEntitlement(after, record)),
  ];
}

function findSettledInvoices(
  before: SubjectState,
  entry: LedgerEntry,
): { record: SubscriptionRecord; outcome: "paid" | "failed" }[] {
  return entry.records.flatMap((record) =>
    record.type !== "subscription"
      ? []
      : Object.entries(record.invoices)
          .filter(
            ([id, { outcome }]) =>
              findSubscription(before, record.recordId)?.invoices[id]?.outcome !== outcome,
          )
          .map(([, { outcome }]) => ({ record, outcome })),
  );
}

function findSubscription(state: SubjectState, recordId: string): SubscriptionRecord | null {
  const record: StripeRecord | undefined = state.records.get(recordId);
  return record?.type === "subscription" ? record : null;
}

/** Returns the subscription's open entitlement, preferring the sold product; an ended one if none is open. */
function findCurrentEntitlement(state: SubjectState, record: SubscriptionRecord): Entitlement | null {
  const all = [...state.entitlements.values()].filter(
    ({ purchase }) => purchase?.subscriptionId === record.recordId,
  );
  const open = all.filter(({ status }) => status !== "canceled");
  const candidates = open.length > 0 ? open : all;
  return (
    candidates.find(({ productCode }) => productCode === record.soldProductCode) ?? candidates[0] ?? null
  );
}

function getChangeType(
  before: Entitlement | undefined,
  after: Entitlement,
  entry: LedgerEntry,
): OutboundEventType {
  if (after.kind !== "subscription") return "entitlement.updated";
  const isEnd = after.status === "canceled" && before?.status !== "canceled";
  return isEnd && entry.reason === "subscription_deleted" ? "subscription.deleted" : "subscription.updated";
}

/** Compares the fields that the customer's backend can see. Flags and notes are visible to operators only. */
function isVisiblyChanged(before: Entitlement | undefined, after: Entitlement): boolean {
  const visible = (entitlement: Entitlement | undefined) =>
    entitlement && [
      entitlement.status,
      entitlement.statusReason,
      entitlement.unitsRemaining,
      entitlement.startsAt,
      entitlement.expiresAt,
      entitlement.currentPeriodEnd,
      entitlement.cancelAtPeriodEnd,
      entitlement.graceUntil,
      entitlement.coveredUntil ?? null,
      entitlement.canceledAt,
      entitlement.holds.map(({ causeId, reason, liftedAt, window }) => [causeId, reason, liftedAt, window]),
    ];
  return JSON.stringify(visible(before)) !== JSON.stringify(visible(after));
}

function toEventContent(entitlement: Entitlement | null, touched: TouchedEntitlement[]): EventContent {
  const own = touched.find((one) => one.entitlement.entitlementId === entitlement?.entitlementId);
  const isCounted = own !== undefined && own.units.length > 0;
  return { entitlement, units: isCounted ? unitsMoved(own) : null, lots: null };
}

/**
 * Builds the events of usage from the entry alone: what was consumed, reserved and released. A settle consumes a part
 * of what was reserved and releases the rest.
 */
function buildUsageEvents(subject: SubjectKey, entry: LedgerEntry): OutboundEventDraft[] {
  const consumed = listMoved(entry, "consumed", -1);
  const reserved = listMoved(entry, "reserved", -1);
  const spent = new Map(consumed.map(({ entitlementId, units }) => [entitlementId, units]));
  const released = listMoved(entry, "released", 1).flatMap(({ entitlementId, units }) => {
    const rest = units - (spent.get(entitlementId) ?? 0);
    return rest > 0 ? [{ entitlementId, units: rest }] : [];
  });
  return [
    ...buildUsageEvent(subject, entry, "usage.consumed", consumed),
    ...buildUsageEvent(subject, entry, "usage.reserved", reserved),
    ...buildUsageEvent(subject, entry, "usage.released", released),
  ];
}

/** Lists the units that the entry moved so, by entitlement. */
function listMoved({ touched }: LedgerEntry, movement: UnitMovement, sign: 1 | -1): LotUnits[] {
  return touched.flatMap(({ entitlement: { entitlementId }, units: movements }) => {
    const own = movements.filter((each) => each.movement === movement);
    const units = own.reduce((sum, { change }) => sum + sign * change, 0);
    return units > 0 ? [{ entitlementId, units }] : [];
  });
}

/** Builds one event, however many packs it moved units of. With several packs, only common fields are set. */
function buildUsageEvent(
  subject: SubjectKey,
  entry: LedgerEntry,
  type: OutboundEventType,
  moved: LotUnits[],
): OutboundEventDraft[] {
  if (moved.length === 0) return [];
  const ids = new Set(moved.map(({ entitlementId }) => entitlementId));
  const entitlements = entry.touched
    .map(({ entitlement }) => entitlement)
    .filter(({ entitlementId }) => ids.has(entitlementId));
  const lots = moved.map(({ entitlementId, units }) => ({ entitlement_id: entitlementId, units }));
  const units = moved.reduce((sum, lot) => sum + lot.units, 0);
  const [first = null] = entitlements;
  const isOne = entitlements.length === 1;
  const content = { entitlement: isOne ? first : null, units, lots: isOne ? null : lots };
  const remaining = entry.idempotency?.reply.usageRemaining ?? entry.usageRemaining ?? null;
  const data = buildEventData(subject, entry, content, remaining);
  const products = new Set(entitlements.map(({ productCode }) => productCode));
  const [productCode = null] = products.size === 1 ? products : [];
  return [{ type, data: { ...data, kind: "usage_pack", product_code: productCode } }];
}

function buildEventData(
  { projectId, mode, subjectRef }: SubjectKey,
  entry: LedgerEntry,
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
    sequence: entry.sequence,
  };
}

/** The operator's free-text reason is internal. The customer's backend receives the operation instead. */
function toPublicReason({ source, operation, reason }: LedgerEntry): string {
  if (source !== "portal") return reason;
  if (operation === "release") return "reservation_released";
  return operation === "lift_hold" ? "hold_lifted" : operation;
}

function toIsoTime(moment: Moment | null | undefined): string | null {
  return moment === null || moment === undefined ? null : new Date(moment).toISOString();
}
