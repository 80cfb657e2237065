import type { EntitlementStatus } from "../contract/enums.ts";
import { type AllowanceTerms, termsRecordId } from "./allowance-terms.ts";
import { type AllowanceContext, listWindows } from "./allowance-windows.ts";
import { buildEntitlement } from "./build-entitlement.ts";
import {
  type Coverage,
  collectCoverage,
  findPaidThrough,
  findRelevantLines,
  findReversalFlags,
  isPaidAfterEnd,
  isPaidSince,
} from "./coverage.ts";
import { dayMs, type Entitlement, type Flag, type Moment } from "./entitlement.ts";
import { updateHolds } from "./holds.ts";
import type { SubjectState, TouchedEntitlement } from "./ledger.ts";
import { findPaidPeriods } from "./paid-periods.ts";
import { findHolds } from "./reversal-holds.ts";
import { isOverdue } from "./review-subscription.ts";
import {
  hasEnded,
  type Observation,
  type PaymentRecord,
  type StripeSubscriptionStatus,
  type SubscriptionRecord,
} from "./stripe-record.ts";
import {
  type BilledProduct,
  buildPhases,
  findLastPeriodEnd,
  findProductEnd,
  type Phase,
} from "./subscription-items.ts";

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
  /** Derives the id of the lot of a window of a product's allowance. */
  deriveLotId: (productCode: string, windowStart: Moment) => string;
}

/**
 * Derives the entitlements of one subscription from its full record, one per product it ever had. Products
 * that an item of the latest observation bills take its status. A former product ended at the first
 * observation without it, unless that change was not paid.
 */
export function deriveSubscription(
  state: SubjectState,
  record: SubscriptionRecord,
  { graceDays, deriveEntitlementId, deriveLotId }: SubscriptionContext,
  now: Moment,
): TouchedEntitlement[] {
  const phases = buildPhases(record);
  const latest = phases.at(-1);
  if (latest === undefined) return [];
  const { observation } = latest;
  const coverage = collectCoverage(record, findPayments(state, record), phases);
  const pastDueSince = findPastDueSince(record);
  const paidPeriods =
    pastDueSince === null ? new Map<string, Moment>() : findPaidPeriods(coverage, pastDueSince);
  const products = new Set([
    ...phases.flatMap((phase) => [...phase.products.keys()]),
    ...findGrantedProducts(state, record),
    ...paidPeriods.keys(),
  ]);
  const purchase = buildPurchase(record);
  const endedAt = hasEnded(observation.status) ? (observation.endedAt ?? observation.at) : null;

  const derived = [...products].map((productCode): Entitlement => {
    const entitlementId = deriveEntitlementId(productCode);
    const { allowance: _, ...base } =
      state.entitlements.get(entitlementId) ??
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
    const billed = latest.products.get(productCode);
    const coveredUntil = paidPeriods.get(productCode) ?? null;
    const isCurrent = (billed !== undefined || coveredUntil !== null) && !hasEnded(observation.status);
    const lines = findRelevantLines(coverage, productCode);
    const revokedAt = isCurrent ? getRevokedAt(base, coverage) : null;
    const isOver = !isCurrent || revokedAt !== null;
    const since = isCurrent ? pastDueSince : null;
    return {
      ...base,
      status: isOver ? "canceled" : statuses[observation.status],
      statusReason: revokedAt !== null ? "revoked" : getStatusReason(observation.status, isCurrent),
      // On a test clock the start may be in our future, while Stripe's status says that it has begun.
      startsAt: observation.isOnTestClock ? null : observation.startedAt,
      currentPeriodEnd: billed?.currentPeriodEnd ?? findLastPeriodEnd(phases, productCode),
      cancelAtPeriodEnd: isCurrent && observation.cancelAtPeriodEnd,
      pastDueSince: since,
      graceUntil: getGraceUntil(base, since, graceDays),
      paidThrough: findPaidThrough(lines),
      coveredUntil,
      canceledAt: isCurrent ? revokedAt : findProductEnd(phases, productCode),
      holds: updateHolds(base.holds, findHolds(lines, phases)),
      flags: isCurrent
        ? [
            ...buildFlags(observation, billed ?? null),
            ...findReversalFlags(lines),
            ...(coveredUntil === null ? [] : ["plan_change_unpaid" as const]),
          ]
        : buildFlagsAfterEnd(coverage, latest, productCode),
      purchase,
      ...listAllowance(productCode, coverage, {
        termsOf: (code) => findTerms(state, code),
        deriveLotId: (start) => deriveLotId(productCode, start),
        endedAt,
      }),
    };
  });
  return updateParallelFlags(state, derived)
    .filter((entitlement) => !isSame(state.entitlements.get(entitlement.entitlementId), entitlement))
    .map((entitlement) => ({ entitlement: { ...entitlement, updatedAt: now }, units: [] }));
}

/** The entitlement of a product that includes nothing is the same as before there were allowances. */
function listAllowance(
  productCode: string,
  coverage: Coverage,
  context: AllowanceContext,
): Pick<Entitlement, "allowance"> {
  const windows = listWindows(coverage, productCode, context);
  return windows.length === 0 ? {} : { allowance: windows };
}

function findTerms({ records }: SubjectState, productCode: string): readonly AllowanceTerms[] {
  const record = records.get(termsRecordId(productCode));
  return record?.type === "terms" ? record.versions : [];
}

function getStatusReason(status: StripeSubscriptionStatus, isCurrent: boolean): Entitlement["statusReason"] {
  if (!isCurrent) return "subscription_ended";
  return status === "incomplete" ? "subscription_incomplete" : null;
}

/** An operator's revocation overrides every status from Stripe, until the product is paid again. */
function getRevokedAt({ revocation, productCode }: Entitlement, coverage: Coverage): Moment | null {
  if (!revocation || isPaidSince(coverage, productCode, revocation)) return null;
  return revocation.at;
}

/** Grace is set when the subscription becomes past due. The project's setting does not change it later. */
function getGraceUntil(before: Entitlement, pastDueSince: Moment | null, graceDays: number): Moment | null {
  if (pastDueSince === null) return null;
  if (before.pastDueSince === pastDueSince) return before.graceUntil;
  return graceDays === 0 ? null : pastDueSince + graceDays * dayMs;
}

/** `billed` is `null` for a former product that its paid period keeps. */
function buildFlags(observation: Observation, billed: BilledProduct | null): Flag[] {
  const flags: Flag[] = [];
  if (billed?.isUnknownPrice) flags.push("unknown_price");
  if (observation.isCollectionPaused) flags.push("collection_paused");
  // A paused subscription has no periods that could be overdue, and a test clock's are not ours.
  const hasPeriods = observation.status !== "paused" && !observation.isOnTestClock;
  const periodEnd = billed?.currentPeriodEnd ?? null;
  if (observation.said === "read" && hasPeriods && isOverdue(periodEnd, observation.at))
    flags.push("period_overdue");
  return flags;
}

/** A product that a change of plan ended before had no part in a payment after the end of the subscription. */
function buildFlagsAfterEnd(
  coverage: Coverage,
  { observation: { status, endedAt, at }, products }: Phase,
  productCode: string,
): Flag[] {
  if (!hasEnded(status) || (products.size > 0 && !products.has(productCode))) return [];
  return isPaidAfterEnd(coverage, endedAt ?? at) ? ["paid_after_end"] : [];
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

/** A product may have been granted from an incomplete record. Without this it would stay granted. */
function findGrantedProducts({ entitlements }: SubjectState, { recordId }: SubscriptionRecord): string[] {
  return [...entitlements.values()]
    .filter(({ purchase }) => purchase?.subscriptionId === recordId)
    .map(({ productCode }) => productCode);
}

function findPayments(state: SubjectState, { recordId }: SubscriptionRecord): PaymentRecord[] {
  return [...state.records.values()].filter(
    (record): record is PaymentRecord =>
      record.type === "payment" && record.invoice?.subscriptionId === recordId,
  );
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
  // Older entries lack `coveredUntil`.
  const comparable = (one: Entitlement) =>
    JSON.stringify({ ...one, coveredUntil: one.coveredUntil ?? null, updatedAt: 0 });
  return comparable(before) === comparable(after);
}
