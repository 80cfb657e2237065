import type { ParsedSubscription } from "../../../shared/stripe/parse-subscription.ts";
import type { ConnectionContext } from "./connection-context.ts";
import { buildCheckoutOrigin, findSubscriptionOwner } from "./find-owner.ts";
import { type ApplyResult, buildSubscriptionFact, mergeFacts, readSubscriptionFact } from "./merge-facts.ts";

/** Merges a subscription event. These events are the only source of a subscription's status. */
export async function applySubscription(
  context: ConnectionContext,
  subscription: ParsedSubscription,
): Promise<ApplyResult> {
  const { subscriptionId, customerId } = subscription;
  const found = await findSubscriptionOwner(context, subscriptionId, subscription.ours);
  if (found.outcome !== "owner") return found;
  const { owner } = found;
  const origin = buildCheckoutOrigin(owner, customerId);
  const event = await buildSubscriptionFact(context, subscriptionId, origin, subscription.observation);
  // The event contains only the first items. The status and its time are the event's, the other items are
  // read.
  const observations = subscription.observation.hasMoreItems
    ? (await readSubscriptionFact(context, owner, subscriptionId)).observations
    : [];
  const fact = { ...event, observations: [...event.observations, ...observations] };
  return mergeFacts(context, owner, [fact], { customerId, stripeIds: [subscriptionId] });
}
