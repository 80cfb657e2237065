import type { Subscription, Truth } from "../model/truth.ts";
import type { Billing } from "./items.ts";
import { passOn } from "./kept.ts";
import { type Coverage, covers } from "./lines.ts";

/**
 * Returns whether an operator's revocation of the product lasts: until a later period is paid, for the
 * product or for what took its place. Another payment within the period of the revocation is no later period.
 */
export function isRevoked(
  truth: Truth,
  subscription: Subscription,
  billing: Billing,
  coverage: Coverage[],
  product: string,
): boolean {
  const revocation = truth.operatorActions.findLast(
    ({ type, subscriptionId, productCode }) =>
      type === "revoke" && subscriptionId === subscription.id && productCode === product,
  );
  if (revocation === undefined) return false;
  const { at } = revocation;
  const places = findPlaces(subscription, billing, coverage, product, at);
  return !coverage.some(
    (line) =>
      line.isMoney &&
      !line.isRemoved &&
      line.paidAt > at &&
      (line.product === product || places.has(line.itemId)) &&
      findPeriodStart(subscription, line) > at,
  );
}

/**
 * Returns the items that billed the product at the revocation, or were paid for it, and those that followed.
 */
function findPlaces(
  { states }: Subscription,
  billing: Billing,
  coverage: Coverage[],
  product: string,
  at: number,
): ReadonlySet<string> {
  const begin = states.findLastIndex((state) => state.at <= at);
  const items = (states[begin]?.items ?? []).filter(
    ({ id, price, quantity }) =>
      (quantity > 0 && billing.productAt(id, price) === product) ||
      coverage.some((line) => line.itemId === id && line.product === product && covers(line, at)),
  );
  const places = new Set<string>();
  for (const { id } of items) {
    let holders: ReadonlySet<string> = new Set([id]);
    for (const [index, state] of states.entries()) {
      if (index < begin) continue;
      for (const holder of holders) places.add(holder);
      const next = states[index + 1];
      if (next !== undefined) holders = passOn(holders, state, next);
    }
    for (const holder of holders) places.add(holder);
  }
  return places;
}

/** Returns when the period that the line belongs to began. A proration begins later than its period. */
function findPeriodStart({ states }: Subscription, { state, itemId, start }: Coverage): number {
  return states[state]?.items.find(({ id }) => id === itemId)?.periodStart ?? start;
}
