import type { SubscriptionFact } from "../../../shared/domain/decide-stripe.ts";
import { hasEnded } from "../../../shared/domain/stripe-record.ts";
import type { ParsedSubscription } from "../../../shared/stripe/parse-subscription.ts";
import type { ConnectionContext } from "./connection-context.ts";
import { buildCheckoutOrigin, findSubscriptionOwner, type Owner } from "./find-owner.ts";
import { type ApplyResult, buildSubscriptionFact, mergeFacts, readSubscriptionFact } from "./merge-facts.ts";

/** Merges a subscription event. Besides these events, only reads have a subscription's status. */
export async function applySubscription(
  context: ConnectionContext,
  subscription: ParsedSubscription,
): Promise<ApplyResult> {
  const { subscriptionId, customerId } = subscription;
  const found = await findSubscriptionOwner(context, subscriptionId, subscription.ours);
  if (found.outcome !== "owner") return found;
  const { owner } = found;
  const fact = await buildFact(context, owner, subscription);
  return mergeFacts(context, owner, [fact], { customerId, stripeIds: [subscriptionId] });
}

/** Returns the event's observation as a fact, or with or instead of it the subscription's current state. */
async function buildFact(
  context: ConnectionContext,
  owner: Owner,
  { subscriptionId, customerId, observation }: ParsedSubscription,
): Promise<SubscriptionFact> {
  // Which clock an event of a test clock is dated by is not documented. The state that Stripe reports now has the time of
  // Stripe's response, so it is merged instead. An end needs no time, and its subscription may be gone with the clock.
  if (observation.isOnTestClock && !hasEnded(observation.status))
    return readSubscriptionFact(context, owner, subscriptionId);
  const origin = buildCheckoutOrigin(owner, customerId);
  const event = await buildSubscriptionFact(context, subscriptionId, origin, observation);
  if (!observation.hasMoreItems) return event;
  // The event contains only the first items. The status and its time are the event's, the other items are
  // read.
  const { observations } = await readSubscriptionFact(context, owner, subscriptionId);
  return { ...event, observations: [...event.observations, ...observations] };
}
