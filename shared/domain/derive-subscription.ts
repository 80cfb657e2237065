import type { EntitlementStatus } from "../contract/enums.ts";
import { buildEntitlement } from "./build-entitlement.ts";
import { dayMs, type Entitlement, type Flag, type Hold, type Moment } from "./entitlement.ts";
import type { SubjectState, TouchedEntitlement } from "./ledger.ts";
import { findDisputeHolds, getFullReversalTime, updateHolds } from "./refunds-and-disputes.ts";
import { isOverdue } from "./review-subscription.ts";
import {
  hasEnded,
  type Observation,
  type PaymentRecord,
  type StripeSubscriptionStatus,
  type SubscriptionRecord,
} from "./stripe-record.ts";

/** Maps Stripe's subscription status to the entitlement status. */
const statuses: Record<StripeSubscriptionStatus, EntitlementStatus> = {
  trialing: "active",
  active: "active",
  past_due: "past_due",
  unpaid: "past_due",
  incomplete: "past_due",
  paused: "paused",
  canceled: "canceled",
  incomplete_expired: "canceled",
};

export interface SubscriptionContext {
  /** The project's setting: days that a past-due subscription stays usable. */
  graceDays: number;
  deriveEntitlementId: (productCode: string) => string;
}

interface PhaseItem {
  currentPeriodEnd: Moment | null;
  isUnknownPrice: boolean;
}

/** One observation with the products of its prices. */
interface Phase {
  observation: Observation;
  products: Map<string, PhaseItem>;
}

/**
 * Derives the entitlements of one subscription from its full record, one per product it ever had. Products
 * in the latest observation take its status. A former product ended at the first observation without it.
 */
export function deriveSubscription(
  state: SubjectState,
  record: SubscriptionRecord,
  { graceDays, deriveEntitlementId }: SubscriptionContext,
  now: Moment,
): TouchedEntitlement[] {
  const phases = buildPhases(record);
  const latest = phases.at(-1);
  if (latest === undefined) return [];
  const { observation } = latest;
  const products = new Set(phases.flatMap((phase) => [...phase.products.keys()]));
  const holds = collectHolds(state, record);

  const derived = [...products].map((productCode): Entitlement => {
    const entitlementId = deriveEntitlementId(productCode);
    const before = state.entitlements.get(entitlementId);
    const purchase = buildPurchase(record);
    const base =
      before ??
      buildEntitlement(
        {
          entitlementId,
          kind: "subscription",
          productCode,
          source: "stripe",
          paidAt: observation.startedAt,
          purchase,
        },
        now,
      );
    const item = latest.products.get(productCode);
    const isCurrent = item !== undefined && !hasEnded(observation.status);
    const pastDueSince = isCurrent ? findPastDueSince(record) : null;
    const paidThrough = findPaidThrough(record);
    const revokedAt = isCurrent ? getRevokedAt(base, paidThrough) : null;
    return {
      ...base,
      status: item === undefined || revokedAt !== null ? "canceled" : statuses[observation.status],
      statusReason: revokedAt !== null ? "revoked" : getStatusReason(observation.status, item !== undefined),
      startsAt: observation.startedAt,
      currentPeriodEnd: item?.currentPeriodEnd ?? findLastPeriodEnd(phases, productCode),
      cancelAtPeriodEnd: isCurrent && observation.cancelAtPeriodEnd,
      pastDueSince,
      graceUntil: getGraceUntil(base, pastDueSince, graceDays),
      paidThrough,
      canceledAt: isCurrent ? revokedAt : findEnd(phases, productCode),
      holds: updateHolds(base.holds, holds),
      flags: item !== undefined && isCurrent ? buildFlags(observation, item) : [],
      purchase,
    };
  });
  return updateParallelFlags(state, derived)
    .filter((entitlement) => !isSame(state.entitlements.get(entitlement.entitlementId), entitlement))
    .map((entitlement) => ({ entitlement: { ...entitlement, updatedAt: now }, units: [] }));
}

function getStatusReason(status: StripeSubscriptionStatus, isItem: boolean): Entitlement["statusReason"] {
  if (!isItem || hasEnded(status)) return "subscription_ended";
  return status === "incomplete" ? "subscription_incomplete" : null;
}

/** An operator's revocation overrides every status from Stripe, until a later period is paid. */
function getRevokedAt({ revocation }: Entitlement, paidThrough: Moment | null): Moment | null {
  if (!revocation) return null;
  const { at, periodEnd } = revocation;
  return paidThrough !== null && periodEnd !== null && paidThrough > periodEnd ? null : at;
}

/** Grace is set when the subscription becomes past due. The project's setting does not change it later. */
function getGraceUntil(before: Entitlement, pastDueSince: Moment | null, graceDays: number): Moment | null {
  if (pastDueSince === null) return null;
  if (before.pastDueSince === pastDueSince) return before.graceUntil;
  return graceDays === 0 ? null : pastDueSince + graceDays * dayMs;
}

function buildFlags(observation: Observation, item: PhaseItem): Flag[] {
  const flags: Flag[] = [];
  if (item.isUnknownPrice) flags.push("unknown_price");
  if (observation.isCollectionPaused) flags.push("collection_paused");
  // A paused subscription has no periods that could be overdue.
  const hasPeriods = observation.status !== "paused";
  if (observation.said === "read" && hasPeriods && isOverdue(item.currentPeriodEnd, observation.at))
    flags.push("period_overdue");
  return flags;
}

function buildPurchase(record: SubscriptionRecord): Entitlement["purchase"] {
  return {
    attemptId: record.attemptId,
    checkoutSessionId: record.checkout?.sessionId ?? null,
    paymentIntentId: null,
    subscriptionId: record.recordId,
    customerId: record.customerId,
    amountTotal: record.checkout?.amountTotal ?? null,
    currency: record.checkout?.currency ?? null,
    metadata: record.metadata ?? {},
  };
}

/** An item with an unknown price keeps the previous observation's products, else the sold product. */
function buildPhases(record: SubscriptionRecord): Phase[] {
  const phases: Phase[] = [];
  for (const observation of record.observations) {
    const products: Phase["products"] = new Map();
    for (const { productCode, currentPeriodEnd } of observation.items) {
      if (productCode !== null) {
        products.set(productCode, { currentPeriodEnd, isUnknownPrice: false });
        continue;
      }
      const kept = [...(phases.at(-1)?.products.keys() ?? [])];
      const sold = record.soldProductCode === null ? [] : [record.soldProductCode];
      for (const former of kept.length > 0 ? kept : sold)
        if (!products.has(former)) products.set(former, { currentPeriodEnd, isUnknownPrice: true });
    }
    phases.push({ observation, products });
  }
  return phases;
}

/** Returns when the latest unbroken run of past-due observations began; `null` when it is not past due. */
function findPastDueSince({ observations }: SubscriptionRecord): Moment | null {
  const isPastDue = ({ status }: Observation) => status === "past_due" || status === "unpaid";
  let since: Moment | null = null;
  for (const observation of observations.toReversed()) {
    if (!isPastDue(observation)) break;
    since = observation.at;
  }
  return since;
}

/** Returns when the product's entitlement ended: with the subscription, or when first observed without it. */
function findEnd(phases: Phase[], productCode: string): Moment | null {
  const isOpen = ({ observation, products }: Phase) =>
    products.has(productCode) && !hasEnded(observation.status);
  const ended = phases[phases.findLastIndex(isOpen) + 1];
  if (ended === undefined) return null;
  return ended.products.has(productCode)
    ? (ended.observation.endedAt ?? ended.observation.at)
    : ended.observation.at;
}

function findLastPeriodEnd(phases: Phase[], productCode: string): Moment | null {
  return (
    phases.findLast(({ products }) => products.has(productCode))?.products.get(productCode)
      ?.currentPeriodEnd ?? null
  );
}

function findPaidThrough({ invoices }: SubscriptionRecord): Moment | null {
  const ends = Object.values(invoices).flatMap(({ outcome, periodEnd }) =>
    outcome === "paid" && periodEnd !== null ? [periodEnd] : [],
  );
  return ends.length === 0 ? null : Math.max(...ends);
}

/** Returns the holds from disputes and full refunds of the payments of the subscription's invoices. */
function collectHolds(state: SubjectState, { recordId }: SubscriptionRecord): Omit<Hold, "liftedAt">[] {
  return [...state.records.values()]
    .filter(
      (record): record is PaymentRecord =>
        record.type === "payment" && record.invoice?.subscriptionId === recordId,
    )
    .flatMap((payment) => {
      const refundedAt = getFullReversalTime(payment, payment.invoice?.amountPaid ?? null);
      const periodEnd = payment.invoice?.periodEnd ?? null;
      const refund: Omit<Hold, "liftedAt">[] =
        refundedAt === null
          ? []
          : [{ causeId: payment.recordId, reason: "refund", placedAt: refundedAt, periodEnd }];
      return [...findDisputeHolds(payment), ...refund];
    });
}

/**
 * Flags each open subscription to a product that the subject pays for more than once, and unflags the others.
 */
function updateParallelFlags(state: SubjectState, derived: Entitlement[]): Entitlement[] {
  const after = new Map(state.entitlements);
  for (const entitlement of derived) after.set(entitlement.entitlementId, entitlement);
  const all = [...after.values()].filter(
    ({ kind, source }) => kind === "subscription" && source === "stripe",
  );
  const isOpen = ({ status }: Entitlement) => status !== "canceled" && status !== "expired";
  const changed = new Set(derived.map(({ productCode }) => productCode));
  return all
    .filter(({ productCode }) => changed.has(productCode))
    .map((entitlement) => {
      const rivals = all.filter(({ productCode }) => productCode === entitlement.productCode).filter(isOpen);
      const flags: Flag[] = entitlement.flags.filter((flag) => flag !== "parallel_subscription");
      if (isOpen(entitlement) && rivals.length > 1) flags.push("parallel_subscription");
      return { ...entitlement, flags };
    });
}

function isSame(before: Entitlement | undefined, after: Entitlement): boolean {
  if (before === undefined) return false;
  return JSON.stringify({ ...before, updatedAt: 0 }) === JSON.stringify({ ...after, updatedAt: 0 });
}
