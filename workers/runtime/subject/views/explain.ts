import { denialReasons } from "../../../../shared/contract/enums.ts";
import type {
  AccessView,
  ChangeView,
  DecisionView,
  EntitlementExplained,
} from "../../../../shared/contract/operations/customer-views.ts";
import { isHoldEffective, statusAt, unitsLeftAt } from "../../../../shared/domain/availability.ts";
import type { Decision } from "../../../../shared/domain/decision.ts";
import type { Entitlement, Moment } from "../../../../shared/domain/entitlement.ts";
import { findIncludedBlockers } from "../../../../shared/domain/included-availability.ts";
import type { EntitlementChange, SubjectState } from "../../../../shared/domain/ledger.ts";
import { type SubjectIdentity, subjectName } from "../../../../shared/domain/subject-name.ts";
import { type DecisionMoment, encodeDecisionId } from "../../../../shared/kit/decision-id.ts";

/** The decision without its moment, as the portal shows it. */
export function toAccessView(decision: Decision): AccessView {
  const { allowed, entitlementId } = decision;
  return { allowed, reason: allowed ? null : decision.reason, entitlementId };
}

/** The subject's subscriptions before and after a change: they block the units that they include. */
export interface SubscriptionsAround {
  before: Entitlement[];
  after: Entitlement[];
}

export function findSubscriptionsAround(before: SubjectState, after: SubjectState): SubscriptionsAround {
  const list = ({ entitlements }: SubjectState) =>
    [...entitlements.values()].filter(({ kind }) => kind === "subscription");
  return { before: list(before), after: list(after) };
}

/** Returns a change of an entitlement as the portal shows it at `now`. */
export function toChangeView(
  { before, after, units }: EntitlementChange,
  subscriptions: SubscriptionsAround,
  now: Moment,
): ChangeView {
  return {
    before: before === null ? null : explainEntitlement(before, subscriptions.before, now),
    after: explainEntitlement(after, subscriptions.after, now),
    units,
  };
}

/**
 * Returns a decision as the portal shows it, with the id that looks it up later. `products` are the codes of a
 * decision over some products.
 */
export function toDecisionView(
  identity: SubjectIdentity,
  decision: Decision,
  { sequence, at }: DecisionMoment,
  products: readonly string[] = [],
): DecisionView {
  return {
    ...toAccessView(decision),
    decisionId: encodeDecisionId(subjectName(identity), { sequence, at }, products),
    at,
    sequence,
    products: [...products],
  };
}

/** Returns one of `entitlements` at `now`, with every reason that blocks its use. */
export function explainEntitlement(
  entitlement: Entitlement,
  entitlements: readonly Entitlement[],
  now: Moment,
): EntitlementExplained {
  const active = findIncludedBlockers(entitlement, entitlements, now);
  const ranked = denialReasons.filter((reason) => active.includes(reason));
  const { purchase } = entitlement;
  return {
    entitlementId: entitlement.entitlementId,
    kind: entitlement.kind,
    productCode: entitlement.productCode,
    includedIn: entitlement.includedIn ?? null,
    source: entitlement.source,
    status: statusAt(entitlement, now),
    usable: ranked.length === 0,
    unavailableReason: ranked.at(-1) ?? null,
    blockers: ranked,
    unitsGranted: entitlement.unitsGranted,
    unitsRemaining: unitsLeftAt(entitlement, now),
    startsAt: entitlement.startsAt,
    expiresAt: entitlement.expiresAt,
    currentPeriodEnd: entitlement.currentPeriodEnd,
    cancelAtPeriodEnd: entitlement.cancelAtPeriodEnd,
    graceUntil: entitlement.graceUntil,
    canceledAt: entitlement.canceledAt,
    holds: entitlement.holds.map((hold) => ({
      causeId: hold.causeId,
      reason: hold.reason,
      placedAt: hold.placedAt,
      liftedAt: hold.liftedAt,
      effective: isHoldEffective(hold, entitlement, now),
    })),
    flags: entitlement.flags,
    stripe:
      purchase === null
        ? null
        : {
            checkoutSessionId: purchase.checkoutSessionId,
            paymentIntentId: purchase.paymentIntentId,
            subscriptionId: purchase.subscriptionId,
            customerId: purchase.customerId,
          },
    attemptId: purchase?.attemptId ?? null,
    createdAt: entitlement.createdAt,
    updatedAt: entitlement.updatedAt,
  };
}
