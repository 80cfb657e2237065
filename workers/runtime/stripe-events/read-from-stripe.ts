import type Stripe from "stripe";
import { newId } from "../../../shared/kit/ids.ts";
import { callStripe, getResponseTime } from "../../../shared/stripe/client.ts";
import { type ParsedReversal, parseDispute, parseRefund } from "../../../shared/stripe/parse-reversal.ts";
import { type ParsedSubscription, parseSubscription } from "../../../shared/stripe/parse-subscription.ts";

/** Reads the subscription's current state. Its version is the `Date` header of Stripe's response. */
export async function readCurrentSubscription(
  stripe: Stripe,
  subscriptionId: string,
): Promise<ParsedSubscription> {
  // Create the id before the request: of two reads in one second, the later request then has the later id.
  const sourceId = newId("read");
  const subscription = await callStripe(stripe.subscriptions.retrieve(subscriptionId));
  return parseSubscription(subscription, { sourceId, said: "read", at: getResponseTime(subscription) }, null);
}

/** Selects the payment or charge to list reversals of. */
export type ReversalFilter = { payment_intent: string } | { charge: string };

export async function listRefunds(stripe: Stripe, filter: ReversalFilter): Promise<ParsedReversal[]> {
  return everyPage((page) => stripe.refunds.list({ ...filter, ...page }), parseRefund);
}

export async function listDisputes(stripe: Stripe, filter: ReversalFilter): Promise<ParsedReversal[]> {
  return everyPage((page) => stripe.disputes.list({ ...filter, ...page }), parseDispute);
}

/**
 * Reads all pages of a Stripe list. Each object is parsed with the time of its page's response as its
 * version.
 */
export async function everyPage<S extends { id: string }, T>(
  list: (page: Stripe.PaginationParams) => Stripe.ApiListPromise<S>,
  read: (object: S, version: number) => T,
): Promise<T[]> {
  return (await everyPageSince(list, read)).all;
}

/** Reads all pages. `listedAt` is the time of the first page's response: newer objects may be missing. */
export async function everyPageSince<S extends { id: string }, T>(
  list: (page: Stripe.PaginationParams) => Stripe.ApiListPromise<S>,
  read: (object: S, version: number) => T,
): Promise<{ all: T[]; listedAt: number }> {
  const all: T[] = [];
  let listedAt: number | undefined;
  let startingAfter: string | undefined;
  for (;;) {
    const page = await callStripe(
      list({ limit: 100, ...(startingAfter === undefined ? {} : { starting_after: startingAfter }) }),
    );
    const version = getResponseTime(page);
    listedAt ??= version;
    all.push(...page.data.map((object) => read(object, version)));
    startingAfter = page.data.at(-1)?.id;
    if (!page.has_more || startingAfter === undefined) return { all, listedAt };
  }
}
