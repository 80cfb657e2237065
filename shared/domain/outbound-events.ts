import type { OutboundEventType } from "../contract/outbound-event.ts";
import type { Entitlement } from "./entitlement.ts";
import {
  applyEntry,
  isUsage,
  type LedgerEntry,
  type SubjectState,
  type TouchedEntitlement,
  unitsMoved,
} from "./ledger.ts";
import { getUsageRemaining } from "./lots.ts";
import {
  buildEventData,
  type EventContent,
  type OutboundEventDraft,
  type SubjectKey,
} from "./outbound-event-data.ts";
import type { StripeRecord, SubscriptionRecord } from "./stripe-record.ts";
import { buildUsageEvents } from "./usage-events.ts";

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
    return isNew && entitlement.kind !== "subscription" && entitlement.includedIn === undefined;
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
