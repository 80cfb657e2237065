import type { Entitlement } from "../../../shared/domain/entitlement.ts";
import type { Truth } from "./model/truth.ts";
import { followItems } from "./oracle/items.ts";

/**
 * Returns whether the entitlement is the trace of a missing event, and nothing else. While the change from one
 * product to another has not arrived, an unknown price of the item continues the first one. The late event ends
 * that entitlement, but no entitlement is ever removed.
 */
export function isMisreading(
  {
    productCode,
    purchase,
    status,
    statusReason,
  }: Pick<Entitlement, "productCode" | "purchase" | "status" | "statusReason">,
  { subscriptions }: Truth,
): boolean {
  if (status !== "canceled" || statusReason !== "subscription_ended") return false;
  const subscription = subscriptions.find(({ id }) => id === purchase?.subscriptionId);
  return subscription !== undefined && !followItems(subscription).runs.has(productCode);
}
