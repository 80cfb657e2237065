import type { SubscriptionTold } from "../../../shared/stripe/read-subscription.ts";
import { originOf, ownerOfSubscription } from "./find-owner.ts";
import type { Inbound } from "./inbound.ts";
import { type Applied, mergeFacts, subscriptionFact } from "./merge-facts.ts";

/** Subscription events are the only source of a subscription's status. */
export async function applySubscription(inbound: Inbound, told: SubscriptionTold): Promise<Applied> {
  const { subscriptionId, customerId } = told;
  const owner = await ownerOfSubscription(inbound, subscriptionId, told.ours);
  const fact = await subscriptionFact(inbound, subscriptionId, originOf(owner, customerId), told.observation);
  return mergeFacts(inbound, owner, [fact], { customerId, stripeIds: [subscriptionId] });
}
