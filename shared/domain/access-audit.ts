import type { DenialReason } from "../contract/enums.ts";
import type { AuditClass } from "../contract/operations/access-audits.ts";
import { type Availability, getAvailability } from "./availability.ts";
import { decideAccess } from "./decision.ts";
import type { Entitlement, Moment } from "./entitlement.ts";
import type { SubjectState } from "./ledger.ts";

/** What an operator did that makes access differ from what Stripe alone says. */
export type OperatorEffect = "granted" | "revoked" | "lifted_hold";

/** A subject's access before and after the facts of Stripe are merged. */
export interface AccessComparison {
  allowed: boolean;
  /** `null` while access is allowed. */
  reason: DenialReason | null;
  /** Access after the merge. */
  allowedAfter: boolean;
  /** Products that the merge opens, and that it closes. */
  gains: string[];
  loses: string[];
  operator: OperatorEffect | null;
}

/** What is known of a paying Stripe object, or of a subject with access. */
export interface AuditEvidence {
  /** The customer was erased, and has not come back. */
  isErased: boolean;
  /** `linked`: by a checkout or the ids on record. `named`: by the project's mapping only. `none`: unknown. */
  owner: "linked" | "named" | "none";
  /** Stripe's object still gives something: a subscription that has not ended, a pass that has not expired. */
  isOpen: boolean;
  /** A price of the open object belongs to no product. */
  hasUnknownPrice: boolean;
  /** `null` without a subject to compare with. */
  comparison: AccessComparison | null;
  /** What the customer's app decided, if it is known. */
  app: { allowed: boolean } | null;
}

/**
 * Classifies what an audit found. The first that applies: erased, the owner is unknown, the price is unknown, not imported,
 * the ledger differs from Stripe, the app differs, an operator explains it.
 */
export function classifyFinding(evidence: AuditEvidence): AuditClass {
  const { isErased, owner, isOpen, hasUnknownPrice, comparison, app } = evidence;
  if (isErased) return "erased";
  if (owner === "none") return isOpen ? "unmapped" : "agrees";
  if (isOpen && hasUnknownPrice) return "unknown_price";
  if (owner === "named") return isOpen ? "not_imported" : "agrees";
  if (comparison === null) return "agrees";
  if (comparison.gains.length > 0) return "paid_but_denied";
  if (comparison.loses.length > 0) return "allowed_but_unpaid";
  if (app !== null && app.allowed !== comparison.allowedAfter)
    return comparison.allowedAfter ? "paid_but_denied" : "allowed_but_unpaid";
  return comparison.operator === null ? "agrees" : "by_operator";
}

/** Compares access in two states of a subject at `now`. `after` is `before` with facts of Stripe merged. */
export function compareAccess(before: SubjectState, after: SubjectState, now: Moment): AccessComparison {
  const decision = decideAccess(before.entitlements.values(), now);
  const changed = [...after.entitlements.values()].map((entitlement) => {
    const earlier = before.entitlements.get(entitlement.entitlementId);
    return {
      productCode: entitlement.productCode,
      wasInForce: earlier !== undefined && isInForce(getAvailability(earlier, now)),
      wasUsable: earlier !== undefined && getAvailability(earlier, now).usable,
      availability: getAvailability(entitlement, now),
    };
  });
  const productsOf = (found: typeof changed) =>
    [...new Set(found.map(({ productCode }) => productCode))].sort();
  return {
    allowed: decision.allowed,
    reason: decision.allowed ? null : decision.reason,
    allowedAfter: decideAccess(after.entitlements.values(), now).allowed,
    gains: productsOf(changed.filter((each) => !each.wasInForce && isInForce(each.availability))),
    loses: productsOf(changed.filter((each) => each.wasUsable && !each.availability.usable)),
    operator: findOperatorEffect(after, now),
  };
}

/** A pass that waits for the one before it is paid like one in use. */
const isInForce = (availability: Availability): boolean =>
  availability.usable || availability.reason === "not_started";

/**
 * Returns what an operator did that Stripe's own state does not explain: access by a grant alone or in spite of a hold, or no
 * access to a paid product.
 */
function findOperatorEffect(state: SubjectState, now: Moment): OperatorEffect | null {
  // The units of an allowance never decide about access.
  const all = [...state.entitlements.values()].filter(({ includedIn }) => includedIn === undefined);
  const usable = all.filter((entitlement) => getAvailability(entitlement, now).usable);
  const isPaid = (entitlement: Entitlement) => entitlement.source === "stripe";
  const revoked = all.filter(
    (entitlement) => isPaid(entitlement) && isRevokedWhilePaid(state, entitlement, now),
  );
  if (revoked.some(({ productCode }) => !usable.some((other) => other.productCode === productCode)))
    return "revoked";
  const paid = usable.filter(isPaid);
  const isKeptByLift = (entitlement: Entitlement) => !getAvailability(withoutLifts(entitlement), now).usable;
  if (paid.some(isKeptByLift)) return "lifted_hold";
  return usable.length > 0 && paid.length === 0 ? "granted" : null;
}

const withoutLifts = (entitlement: Entitlement): Entitlement => ({
  ...entitlement,
  holds: entitlement.holds.map((hold) => ({ ...hold, liftedAt: null })),
});

/** Returns whether an operator revoked what Stripe still gives: an open subscription, or an unexpired pass or pack. */
function isRevokedWhilePaid({ records }: SubjectState, entitlement: Entitlement, now: Moment): boolean {
  const availability = getAvailability(entitlement, now);
  if (availability.usable || availability.reason !== "revoked") return false;
  const record = records.get(entitlement.purchase?.subscriptionId ?? "");
  if (record?.type === "subscription") {
    const status = record.observations.at(-1)?.status;
    return status === "active" || status === "trialing";
  }
  return entitlement.expiresAt === null || now < entitlement.expiresAt;
}
