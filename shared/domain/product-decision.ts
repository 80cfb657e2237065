import { denialReasons } from "../contract/enums.ts";
import { type Decision, decideAccess } from "./decision.ts";
import type { Entitlement, Moment } from "./entitlement.ts";

/** The decision over the entitlements of one product. */
export interface ProductDecision {
  productCode: string;
  decision: Decision;
}

/** Decisions by product, in the order of the request, and the one over all of them. */
export interface ProductDecisions {
  decision: Decision;
  products: ProductDecision[];
}

/**
 * Decides access to each product from its own entitlements, by the rules of a check. Access is allowed when one of
 * the products is usable, otherwise denied with the reason nearest to access.
 */
export function decideProducts(
  entitlements: Iterable<Entitlement>,
  productCodes: readonly string[],
  now: Moment,
): ProductDecisions {
  const all = [...entitlements];
  const products = productCodes.map((productCode) => ({
    productCode,
    decision: decideAccess(
      all.filter((entitlement) => entitlement.productCode === productCode),
      now,
    ),
  }));
  const decisions = products.map(({ decision }) => decision);
  const allowed = decisions.find((decision) => decision.allowed);
  const nearest = decisions.toSorted((a, b) => rank(a) - rank(b))[0];
  const none: Decision = { allowed: false, reason: "no_entitlement", entitlementId: null };
  return { decision: allowed ?? nearest ?? none, products };
}

const rank = (decision: Decision) => (decision.allowed ? -1 : denialReasons.indexOf(decision.reason));
