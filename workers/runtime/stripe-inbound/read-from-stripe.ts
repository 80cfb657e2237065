import type Stripe from "stripe";
import { newId } from "../../../shared/kit/ids.ts";
import { answeredAt, askStripe } from "../../../shared/stripe/gateway.ts";
import { type ReversalTold, readDispute, readRefund } from "../../../shared/stripe/read-reversal.ts";
import { readSubscription, type SubscriptionTold } from "../../../shared/stripe/read-subscription.ts";

/** What the subscription is now. Its version is the `Date` of Stripe's answer (spec page 2). */
export async function readSubscriptionNow(stripe: Stripe, subscriptionId: string): Promise<SubscriptionTold> {
  // The id is made before the question: of two reads of one second, the one asked for later has the later id.
  const sourceId = newId("read");
  const subscription = await askStripe(stripe.subscriptions.retrieve(subscriptionId));
  return readSubscription(subscription, { sourceId, said: "read", at: answeredAt(subscription) }, null);
}

/** Which refunds or disputes to list. */
export type ReversalsOf = { payment_intent: string } | { charge: string };

export async function listRefunds(stripe: Stripe, of: ReversalsOf): Promise<ReversalTold[]> {
  return everyPage((page) => stripe.refunds.list({ ...of, ...page }), readRefund);
}

export async function listDisputes(stripe: Stripe, of: ReversalsOf): Promise<ReversalTold[]> {
  return everyPage((page) => stripe.disputes.list({ ...of, ...page }), readDispute);
}

/** All pages of a list of Stripe's, each object read with the time of the answer that it came in. */
export async function everyPage<S extends { id: string }, T>(
  list: (page: Stripe.PaginationParams) => Stripe.ApiListPromise<S>,
  read: (object: S, version: number) => T,
): Promise<T[]> {
  return (await everyPageSince(list, read)).all;
}

/** All pages, and when Stripe answered with the first: what it makes later may be missing. */
export async function everyPageSince<S extends { id: string }, T>(
  list: (page: Stripe.PaginationParams) => Stripe.ApiListPromise<S>,
  read: (object: S, version: number) => T,
): Promise<{ all: T[]; listedAt: number }> {
  const all: T[] = [];
  let listedAt: number | undefined;
  let startingAfter: string | undefined;
  for (;;) {
    const page = await askStripe(
      list({ limit: 100, ...(startingAfter === undefined ? {} : { starting_after: startingAfter }) }),
    );
    const version = answeredAt(page);
    listedAt ??= version;
    all.push(...page.data.map((object) => read(object, version)));
    startingAfter = page.data.at(-1)?.id;
    if (!page.has_more || startingAfter === undefined) return { all, listedAt };
  }
}
