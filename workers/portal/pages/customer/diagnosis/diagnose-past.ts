import type { CustomerView } from "../../../../../shared/contract/operations/customer-views.ts";
import type { CustomerLists, CustomerStripeEvent } from "../../../db/customer.ts";
import type { DecisionWithEntitlements } from "../load.ts";
import { diagnoseDenial } from "./diagnose-denial.ts";

/** A likely cause of a past decision. It has no fix: actions change the present. */
interface PastCause {
  title: string;
  /** What happened, or the Stripe event that was late. */
  what: string | CustomerStripeEvent;
}

/** The reasons with a cause that names the ledger entries that led to them. */
const needsEntries = new Set(["refunded", "usage_exhausted", "revoked"]);

/**
 * Returns the likely causes of a denial in the past, from the entitlements and the ledger as they were then, and the Stripe
 * events that had arrived and were not processed yet. `isPartial`: the entries of that time are not on this page.
 *
 * What webhooks were doing then is unknown: Licenzy keeps the current state of a delivery.
 */
export function diagnosePast(
  customer: CustomerView,
  { stripeEvents, productNames }: Pick<CustomerLists, "stripeEvents" | "productNames">,
  { decision, entitlements, reservations }: DecisionWithEntitlements,
): { causes: PastCause[]; isPartial: boolean } {
  if (decision.allowed || decision.reason === null) return { causes: [], isPartial: false };
  const late = stripeEvents.filter(
    ({ receivedAt, settledAt }) =>
      receivedAt <= decision.at && (settledAt === null || settledAt > decision.at),
  );
  const entries = customer.entries.filter(({ sequence }) => sequence <= decision.sequence);
  const isPartial = entries.length === 0 && decision.sequence > 0 && needsEntries.has(decision.reason);
  const then: CustomerView = { ...customer, decision, entitlements, reservations, entries };
  const causes = isPartial
    ? []
    : diagnoseDenial(then, decision.reason, { productNames, failedPayment: null });
  return {
    causes: [
      ...late.map((event) => ({ title: "Stripe event not processed yet", what: event })),
      ...causes.map(({ title, text }) => ({ title, what: text })),
    ],
    isPartial,
  };
}
