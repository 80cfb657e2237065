import { type AllowanceTerms, findTermsAt } from "./allowance-terms.ts";
import { getAvailability } from "./availability.ts";
import type { Entitlement, Moment } from "./entitlement.ts";

export interface NextAllowance {
  at: Moment;
  units: number;
  /** Whether the period of the window is paid. Otherwise the units come when the renewal is paid. */
  isPaid: boolean;
}

/**
 * Returns the next units that a subscription includes: those of a later window that is paid, or else those of the next
 * period by the terms of its beginning. `null` for a subscription that is blocked, ends, or includes nothing then.
 */
export function findNextAllowance(
  subscription: Entitlement,
  termsOf: (productCode: string) => readonly AllowanceTerms[],
  now: Moment,
): NextAllowance | null {
  const { kind, productCode, allowance = [], currentPeriodEnd, cancelAtPeriodEnd, status } = subscription;
  if (kind !== "subscription" || !getAvailability(subscription, now).usable) return null;
  const paid = allowance.find(({ start, reversedAt }) => start > now && reversedAt === null);
  if (paid !== undefined) return { at: paid.start, units: paid.units, isPaid: true };
  if (status !== "active" || cancelAtPeriodEnd === true || currentPeriodEnd === null) return null;
  // What an operator granted has an end, and no invoice that could include units.
  if (subscription.expiresAt !== null || currentPeriodEnd <= now) return null;
  const units = findTermsAt(termsOf(productCode), currentPeriodEnd)?.units ?? 0;
  return units === 0 ? null : { at: currentPeriodEnd, units, isPaid: false };
}
