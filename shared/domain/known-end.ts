import type { Entitlement, Moment } from "./entitlement.ts";
import type { SubjectState } from "./ledger.ts";

/**
 * Returns the known end of an entitlement. A subscription that renews has none. The units of an allowance have none
 * either: they end with their window, and the next one follows.
 */
export function findEnd(entitlement: Entitlement, records: SubjectState["records"]): Moment | null {
  const { kind, status, expiresAt, includedIn } = entitlement;
  if (includedIn !== undefined || status === "canceled" || status === "expired") return null;
  return kind !== "subscription" || expiresAt !== null ? expiresAt : findScheduledEnd(entitlement, records);
}

/** Returns when Stripe ends a subscription, by its period or by a date. */
function findScheduledEnd(
  { productCode, cancelAtPeriodEnd, currentPeriodEnd, purchase }: Entitlement,
  records: SubjectState["records"],
): Moment | null {
  const record = records.get(purchase?.subscriptionId ?? "");
  const current = record?.type === "subscription" ? record.observations.at(-1) : undefined;
  // The times of a test clock say nothing about ours.
  if (current?.isOnTestClock === true) return null;
  if (cancelAtPeriodEnd === true) return currentPeriodEnd;
  const isCurrent = current?.items.some((item) => item.productCode === productCode) ?? false;
  return isCurrent ? (current?.cancelAt ?? null) : null;
}
