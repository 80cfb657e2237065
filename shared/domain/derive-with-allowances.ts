import { deriveSubscription } from "./derive-subscription.ts";
import type { Moment } from "./entitlement.ts";
import { applyEntry, type SubjectState, type TouchedEntitlement } from "./ledger.ts";
import { settleAllowances } from "./settle-allowances.ts";
import type { SubscriptionRecord } from "./stripe-record.ts";

/**
 * Derives the entitlements of one subscription from its record, and the lots of the allowances that it includes.
 * `deriveEntitlementId` derives an id from a source, always the same for one source.
 */
export function deriveWithAllowances(
  state: SubjectState,
  record: SubscriptionRecord,
  { graceDays, deriveEntitlementId }: { graceDays: number; deriveEntitlementId: (source: string) => string },
  now: Moment,
): TouchedEntitlement[] {
  const source = (productCode: string) => `${record.recordId}/${productCode}`;
  const context = {
    graceDays,
    deriveEntitlementId: (productCode: string) => deriveEntitlementId(source(productCode)),
    deriveLotId: (productCode: string, windowStart: Moment) =>
      deriveEntitlementId(`${source(productCode)}/${windowStart}`),
  };
  const touched = deriveSubscription(state, record, context, now);
  const { entitlements } = applyEntry(state, { touched, records: [] });
  return [...touched, ...settleAllowances(entitlements, now)];
}
