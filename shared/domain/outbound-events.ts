import type { OutboundEventData, OutboundEventType } from "../contract/outbound-event.ts";
import { statusAt } from "./availability.ts";
import { usageRemaining } from "./consume.ts";
import type { Entitlement, Moment } from "./entitlement.ts";
import { applyEntry, type LedgerEntry, type SubjectState, type Touched, unitsMoved } from "./ledger.ts";
import type { StripeRecord, SubscriptionRecord } from "./stripe-record.ts";
import type { SubjectIdentity } from "./subject-name.ts";

export interface OutboundEventDraft {
  type: OutboundEventType;
  data: OutboundEventData;
}

type Whose = Omit<SubjectIdentity, "region">;

/** What one event is about. */
interface Told {
  entitlement: Entitlement | null;
  units: number | null;
  lots: OutboundEventData["lots"];
}

/**
 * What a ledger entry has to tell the customer's backend, in an order that is always the same. Only what changed for
 * them: a note that moves nothing they can see makes no event. `before` is the state that the entry follows; for a consume
 * it is not looked at.
 */
export function outboundEvents(whose: Whose, before: SubjectState, entry: LedgerEntry): OutboundEventDraft[] {
  if (entry.operation === "consume") return [consumed(whose, entry)];
  const after = applyEntry(before, entry);
  const event = (type: OutboundEventType, told: Told): OutboundEventDraft => {
    const isPack = told.entitlement?.kind === "usage_pack";
    const remaining = isPack ? usageRemaining(after.entitlements.values(), entry.at) : null;
    return { type, data: dataOf(whose, entry, told, remaining) };
  };
  const bought = purchases(before, after, entry);
  const changed = entry.touched.filter(
    ({ entitlement }) =>
      !bought.some((one) => one?.entitlementId === entitlement.entitlementId) &&
      isVisiblyChanged(before.entitlements.get(entitlement.entitlementId), entitlement),
  );
  return [
    ...bought.map((entitlement) => event("purchase.finalized", toldOf(entitlement, entry.touched))),
    ...settledInvoices(before, entry).map(({ record, outcome }) =>
      event(
        outcome === "paid" ? "invoice.payment_succeeded" : "invoice.payment_failed",
        toldOf(currentOf(after, record), []),
      ),
    ),
    ...changed.map(({ entitlement }) =>
      event(
        changeType(before.entitlements.get(entitlement.entitlementId), entitlement, entry),
        toldOf(entitlement, entry.touched),
      ),
    ),
  ];
}

/** What the entry says was bought: rights that a checkout made, or the subscription whose checkout became known. */
function purchases(before: SubjectState, after: SubjectState, entry: LedgerEntry): (Entitlement | null)[] {
  if (entry.operation !== "grant" || entry.reason !== "checkout_finalized") return [];
  const granted = entry.touched.filter(({ entitlement }) => {
    const isNew = !before.entitlements.has(entitlement.entitlementId);
    return isNew && entitlement.kind !== "subscription";
  });
  const sold = entry.records.filter(
    (record): record is SubscriptionRecord =>
      record.type === "subscription" &&
      record.checkout !== null &&
      subscriptionIn(before, record.recordId)?.checkout == null,
  );
  return [
    ...granted.map(({ entitlement }) => entitlement),
    ...sold.map((record) => currentOf(after, record)),
  ];
}

function settledInvoices(
  before: SubjectState,
  entry: LedgerEntry,
): { record: SubscriptionRecord; outcome: "paid" | "failed" }[] {
  return entry.records.flatMap((record) =>
    record.type !== "subscription"
      ? []
      : Object.entries(record.invoices)
          .filter(
            ([id, { outcome }]) => subscriptionIn(before, record.recordId)?.invoices[id]?.outcome !== outcome,
          )
          .map(([, { outcome }]) => ({ record, outcome })),
  );
}

function subscriptionIn(state: SubjectState, recordId: string): SubscriptionRecord | null {
  const record: StripeRecord | undefined = state.records.get(recordId);
  return record?.type === "subscription" ? record : null;
}

/** The right that a subscription gives now; the one that was sold when it gives several, or any when it gives none. */
function currentOf(state: SubjectState, record: SubscriptionRecord): Entitlement | null {
  const all = [...state.entitlements.values()].filter(
    ({ purchase }) => purchase?.subscriptionId === record.recordId,
  );
  const open = all.filter(({ status }) => status !== "canceled");
  const candidates = open.length > 0 ? open : all;
  return (
    candidates.find(({ productCode }) => productCode === record.soldProductCode) ?? candidates[0] ?? null
  );
}

function changeType(
  before: Entitlement | undefined,
  after: Entitlement,
  entry: LedgerEntry,
): OutboundEventType {
  if (after.kind !== "subscription") return "entitlement.updated";
  const isEnd = after.status === "canceled" && before?.status !== "canceled";
  return isEnd && entry.reason === "subscription_deleted" ? "subscription.deleted" : "subscription.updated";
}

/** What a customer's backend can see of a right; flags and notes are for operators. */
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
      entitlement.canceledAt,
      entitlement.holds.map(({ causeId, reason, liftedAt }) => [causeId, reason, liftedAt]),
    ];
  return JSON.stringify(visible(before)) !== JSON.stringify(visible(after));
}

function toldOf(entitlement: Entitlement | null, touched: Touched[]): Told {
  const own = touched.find((one) => one.entitlement.entitlementId === entitlement?.entitlementId);
  const isCounted = own !== undefined && own.units.length > 0;
  return { entitlement, units: isCounted ? unitsMoved(own) : null, lots: null };
}

/** One event however many packs it drew from; of several, only what they have in common is told of them. */
function consumed(whose: Whose, entry: LedgerEntry): OutboundEventDraft {
  const lots = entry.touched.map((one) => ({
    entitlement_id: one.entitlement.entitlementId,
    units: -unitsMoved(one),
  }));
  const units = lots.reduce((sum, lot) => sum + lot.units, 0);
  const [first] = entry.touched;
  const isOne = entry.touched.length === 1 && first !== undefined;
  const told = { entitlement: isOne ? first.entitlement : null, units, lots: isOne ? null : lots };
  const remaining = entry.idempotency?.reply.usageRemaining ?? null;
  const data = dataOf(whose, entry, told, remaining);
  const products = new Set(entry.touched.map(({ entitlement }) => entitlement.productCode));
  const [productCode = null] = products.size === 1 ? products : [];
  return { type: "usage.consumed", data: { ...data, kind: "usage_pack", product_code: productCode } };
}

function dataOf(
  { projectId, mode, subjectRef }: Whose,
  entry: LedgerEntry,
  { entitlement, units, lots }: Told,
  remaining: number | null,
): OutboundEventData {
  const purchase = entitlement?.purchase ?? null;
  const isOperators = entry.source === "portal";
  const stripe = isOperators ? null : purchase;
  return {
    subject_ref: subjectRef,
    project_id: projectId,
    mode,
    product_code: entitlement?.productCode ?? null,
    kind: entitlement?.kind ?? null,
    status: entitlement === null ? null : statusAt(entitlement, entry.at),
    reason: reasonOf(entry),
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
    current_period_end: isoTime(entitlement?.currentPeriodEnd),
    expires_at: isoTime(entitlement?.expiresAt),
    canceled_at: isoTime(entitlement?.canceledAt),
    actor_user_id: isOperators ? entry.actor : null,
    metadata: purchase?.metadata ?? null,
    created_at: isoTime(entitlement?.createdAt),
    updated_at: isoTime(entitlement?.updatedAt ?? entry.at),
    lots,
    sequence: entry.sequence,
  };
}

/** An operator's own words stay with us: the customer's backend is told what was done. */
function reasonOf({ source, operation, reason }: LedgerEntry): string {
  if (source !== "portal") return reason;
  return operation === "lift_hold" ? "hold_lifted" : operation;
}

function isoTime(moment: Moment | null | undefined): string | null {
  return moment === null || moment === undefined ? null : new Date(moment).toISOString();
}
