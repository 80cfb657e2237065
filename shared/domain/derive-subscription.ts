import type { EntitlementStatus } from "../contract/words.ts";
import { dayMs, type Entitlement, type Flag, type Hold, type Moment } from "./entitlement.ts";
import type { SubjectState, Touched } from "./ledger.ts";
import { newEntitlement } from "./new-entitlement.ts";
import { disputeHolds, takenBackAt, withHolds } from "./reversals.ts";
import { isOverdue } from "./review-subscription.ts";
import {
  hasEnded,
  type Observation,
  type PaymentRecord,
  type StripeSubscriptionStatus,
  type SubscriptionRecord,
} from "./stripe-record.ts";

/** Stripe's word for a subscription in ours (spec page 2). */
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
  /** Of the project: how many days a past due subscription stays usable. */
  graceDays: number;
  entitlementIdOf: (productCode: string) => string;
}

interface PhaseItem {
  currentPeriodEnd: Moment | null;
  isUnknownPrice: boolean;
}

/** One observation with the products it stands for. */
interface Phase {
  observation: Observation;
  products: Map<string, PhaseItem>;
}

/**
 * The entitlements of one subscription, one per product it ever had, as all that is known of it says: those of the
 * latest observation have its status; a product that it had before ended when it was first seen without.
 */
export function deriveSubscription(
  state: SubjectState,
  record: SubscriptionRecord,
  { graceDays, entitlementIdOf }: SubscriptionContext,
  now: Moment,
): Touched[] {
  const phases = phasesOf(record);
  const latest = phases.at(-1);
  if (latest === undefined) return [];
  const { observation } = latest;
  const products = new Set(phases.flatMap((phase) => [...phase.products.keys()]));
  const standing = holdsOf(state, record);

  const derived = [...products].map((productCode): Entitlement => {
    const entitlementId = entitlementIdOf(productCode);
    const before = state.entitlements.get(entitlementId);
    const purchase = purchaseOf(record);
    const base =
      before ??
      newEntitlement(
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
    const pastDueSince = isCurrent ? pastDueSinceOf(record) : null;
    const paidThrough = paidThroughOf(record);
    const revokedAt = isCurrent ? revokedAtOf(base, paidThrough) : null;
    return {
      ...base,
      status: item === undefined || revokedAt !== null ? "canceled" : statuses[observation.status],
      statusReason: revokedAt !== null ? "revoked" : statusReasonOf(observation.status, item !== undefined),
      startsAt: observation.startedAt,
      currentPeriodEnd: item?.currentPeriodEnd ?? lastPeriodEnd(phases, productCode),
      cancelAtPeriodEnd: isCurrent && observation.cancelAtPeriodEnd,
      pastDueSince,
      graceUntil: graceUntilOf(base, pastDueSince, graceDays),
      paidThrough,
      canceledAt: isCurrent ? revokedAt : endOf(phases, productCode),
      holds: withHolds(base.holds, standing),
      flags: item !== undefined && isCurrent ? flagsOf(observation, item) : [],
      purchase,
    };
  });
  return withParallelFlags(state, derived)
    .filter((entitlement) => !isSame(state.entitlements.get(entitlement.entitlementId), entitlement))
    .map((entitlement) => ({ entitlement: { ...entitlement, updatedAt: now }, units: [] }));
}

function statusReasonOf(status: StripeSubscriptionStatus, isItem: boolean): Entitlement["statusReason"] {
  if (!isItem || hasEnded(status)) return "subscription_ended";
  return status === "incomplete" ? "subscription_incomplete" : null;
}

/** An operator's revocation stands against everything that Stripe says, until a later period is paid. */
function revokedAtOf({ revocation }: Entitlement, paidThrough: Moment | null): Moment | null {
  if (!revocation) return null;
  const { at, periodEnd } = revocation;
  return paidThrough !== null && periodEnd !== null && paidThrough > periodEnd ? null : at;
}

/** Stamped when it became past due: what the project's settings say later changes nothing. */
function graceUntilOf(before: Entitlement, pastDueSince: Moment | null, graceDays: number): Moment | null {
  if (pastDueSince === null) return null;
  if (before.pastDueSince === pastDueSince) return before.graceUntil;
  return graceDays === 0 ? null : pastDueSince + graceDays * dayMs;
}

function flagsOf(observation: Observation, item: PhaseItem): Flag[] {
  const flags: Flag[] = [];
  if (item.isUnknownPrice) flags.push("unknown_price");
  if (observation.isCollectionPaused) flags.push("collection_paused");
  // A paused subscription has no periods that could end.
  const hasPeriods = observation.status !== "paused";
  if (observation.said === "read" && hasPeriods && isOverdue(item.currentPeriodEnd, observation.at))
    flags.push("period_overdue");
  return flags;
}

function purchaseOf(record: SubscriptionRecord): Entitlement["purchase"] {
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

/** An unknown price keeps the product of the time before; of the first observation, the one that was sold. */
function phasesOf(record: SubscriptionRecord): Phase[] {
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

/** When the subscription became past due, if it is: the first of the observations that say so without interruption. */
function pastDueSinceOf({ observations }: SubscriptionRecord): Moment | null {
  const isPastDue = ({ status }: Observation) => status === "past_due" || status === "unpaid";
  let since: Moment | null = null;
  for (const observation of observations.toReversed()) {
    if (!isPastDue(observation)) break;
    since = observation.at;
  }
  return since;
}

/** When this product's right ended: with the subscription, or when it was first seen without the product. */
function endOf(phases: Phase[], productCode: string): Moment | null {
  const isOpen = ({ observation, products }: Phase) =>
    products.has(productCode) && !hasEnded(observation.status);
  const ended = phases[phases.findLastIndex(isOpen) + 1];
  if (ended === undefined) return null;
  return ended.products.has(productCode)
    ? (ended.observation.endedAt ?? ended.observation.at)
    : ended.observation.at;
}

function lastPeriodEnd(phases: Phase[], productCode: string): Moment | null {
  return (
    phases.findLast(({ products }) => products.has(productCode))?.products.get(productCode)
      ?.currentPeriodEnd ?? null
  );
}

function paidThroughOf({ invoices }: SubscriptionRecord): Moment | null {
  const ends = Object.values(invoices).flatMap(({ outcome, periodEnd }) =>
    outcome === "paid" && periodEnd !== null ? [periodEnd] : [],
  );
  return ends.length === 0 ? null : Math.max(...ends);
}

/** What holds the subscription's rights: disputes and full refunds of the payments of its invoices. */
function holdsOf(state: SubjectState, { recordId }: SubscriptionRecord): Omit<Hold, "liftedAt">[] {
  return [...state.records.values()]
    .filter(
      (record): record is PaymentRecord =>
        record.type === "payment" && record.invoice?.subscriptionId === recordId,
    )
    .flatMap((payment) => {
      const refundedAt = takenBackAt(payment, payment.invoice?.amountPaid ?? null);
      const periodEnd = payment.invoice?.periodEnd ?? null;
      const refund: Omit<Hold, "liftedAt">[] =
        refundedAt === null
          ? []
          : [{ causeId: payment.recordId, reason: "refund", placedAt: refundedAt, periodEnd }];
      return [...disputeHolds(payment), ...refund];
    });
}

/** Flags each open subscription whose product the subject pays for more than once, and unflags the others. */
function withParallelFlags(state: SubjectState, derived: Entitlement[]): Entitlement[] {
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
