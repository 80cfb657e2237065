import type { SubjectIdentity } from "../../../shared/domain/subject-name.ts";
import { currentTime } from "../../../shared/kit/clock.ts";
import { readProjectConnection } from "../db/stripe-connections.ts";
import type { RuntimeEnv } from "../env.ts";
import { callSubject } from "../subject-stub.ts";
import { createConnectionContext } from "./connection-context.ts";
import { describeNoOwner, findSubscriptionOwner } from "./find-owner.ts";
import { mergeFacts, readSubscriptionFact } from "./merge-facts.ts";

/** Reads a subscription from Stripe if its period ended more than 72 hours ago without a new event. */
export async function reviewSubject(env: RuntimeEnv, identity: SubjectIdentity): Promise<void> {
  const now = await currentTime(env.DEV);
  const review = await callSubject(env, identity, (subject) => subject.nextReview());
  if (review === null || review.at > now) return;
  const found = await readProjectConnection(env.DB, identity.projectId, identity.mode);
  if (found === null) throw new Error(`the project has no Stripe connection in ${identity.mode} mode`);
  const { subscriptionId } = review;
  const cause = {
    type: "stripe_read" as const,
    id: subscriptionId,
    because: "the period ended without a Stripe event",
  };
  const context = createConnectionContext(env, found, cause, now);
  const lookup = await findSubscriptionOwner(context, subscriptionId, null);
  if (lookup.outcome !== "owner") throw new Error(describeNoOwner(lookup));
  const { owner } = lookup;
  const fact = await readSubscriptionFact(context, owner, subscriptionId);
  const objects = { customerId: null, stripeIds: [subscriptionId] };
  const merged = await mergeFacts(context, owner, [fact], objects);
  if (merged.outcome !== "merged") throw new Error(describeNoOwner(merged));
}
