import { d1 } from "../../../shared/db/deadline.ts";
import { readConnectionOf } from "../../../shared/db/stripe-connections.ts";
import { postponeReview } from "../../../shared/db/sweep-subjects.ts";
import type { SubjectIdentity } from "../../../shared/domain/subject-name.ts";
import { currentTime } from "../../../shared/kit/clock.ts";
import type { RuntimeEnv } from "../env.ts";
import { callSubject } from "../subject-stub.ts";
import { ownerOfSubscription } from "./find-owner.ts";
import { openInbound } from "./inbound.ts";
import { mergeFacts, subscriptionNow } from "./merge-facts.ts";

const retryMs = 3_600_000;

/** Reads a subscription from Stripe whose period ended more than 72 hours ago without news (spec page 2). */
export async function reviewSubject(env: RuntimeEnv, identity: SubjectIdentity): Promise<void> {
  const now = await currentTime(env.DEV);
  // First the next time, then the work: one that fails must not be asked for each minute.
  await d1(postponeReview(env.DB, identity, now + retryMs));
  const review = await callSubject(env, identity, (subject) => subject.nextReview());
  if (review === null || review.at > now) return;
  const found = await d1(readConnectionOf(env.DB, identity.projectId, identity.mode));
  if (found === null) throw new Error(`there is no Stripe connection in ${identity.mode} mode`);
  const { subscriptionId } = review;
  const cause = {
    type: "stripe_read" as const,
    id: subscriptionId,
    because: "its period ended without news",
  };
  const inbound = openInbound(env, found, cause, now);
  const owner = await ownerOfSubscription(inbound, subscriptionId, null);
  const fact = await subscriptionNow(inbound, owner, subscriptionId);
  await mergeFacts(inbound, owner, [fact], { customerId: null, stripeIds: [subscriptionId] });
}
