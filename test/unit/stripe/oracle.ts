import { currentState, hasEnded, type Subscription, type Truth } from "./model/truth.ts";
import { findEffectiveHolds, findRelevant } from "./oracle/holds.ts";
import { type Billing, findRunOfStatus, followItems } from "./oracle/items.ts";
import { findKeptLines } from "./oracle/kept.ts";
import { type Coverage, covers, findCoverage } from "./oracle/lines.ts";
import { decidePurchases, toPurchasedProduct } from "./oracle/purchases.ts";
import { type Reversal, sumReversals } from "./oracle/reversals.ts";
import { isRevoked } from "./oracle/revoked.ts";
import { farthest, nearest, type Verdict } from "./oracle/verdict.ts";

/** The right decision at a moment: of all products together, and of each product. */
export interface Answer {
  overall: Verdict;
  products: Record<string, Verdict>;
}

/** What an operator should see of money that was taken back, as far as it is not the whole amount. */
export type ReversalFlag = "partly_refunded" | "partly_lost" | "reversal_in_other_currency";

/** Returns the flags of each product, whatever the time: a part that was taken back stays so. */
export function flagByOracle(truth: Truth): Record<string, ReversalFlag[]> {
  const flags = new Map<string, Set<ReversalFlag>>();
  const add = (product: string, reversals: Reversal[]) => {
    const of = flags.get(product) ?? new Set();
    for (const each of reversals) for (const flag of toFlags(each)) of.add(flag);
    flags.set(product, of);
  };
  for (const subscription of truth.subscriptions) {
    const billing = followItems(subscription);
    const coverage = findCoverage(truth, subscription, billing);
    for (const product of billing.runs.keys()) {
      if (!isGranted(subscription, billing, coverage, product)) continue;
      const lines = findRelevant(subscription, billing, coverage, product);
      add(
        product,
        lines.map(({ reversal }) => reversal),
      );
    }
  }
  for (const { kind, paidAt, payment } of truth.purchases)
    if (paidAt !== null) add(toPurchasedProduct(kind), [sumReversals([payment], payment.amount)]);
  return Object.fromEntries([...flags].map(([product, of]) => [product, [...of].toSorted()]));
}

function toFlags({ isPartlyLost, isPartlyRefunded, hasOtherCurrency }: Reversal): ReversalFlag[] {
  return [
    ...(isPartlyLost ? ["partly_lost" as const] : isPartlyRefunded ? ["partly_refunded" as const] : []),
    ...(hasOtherCurrency ? ["reversal_in_other_currency" as const] : []),
  ];
}

/**
 * Decides from what happened at Stripe, not from events. It is written from the rules of coverage and shares
 * nothing with the code that it judges. `nowMs` is not before the last event.
 */
export function decideByOracle(truth: Truth, nowMs: number, graceDays: number): Answer {
  const now = nowMs / 1_000;
  const rights = [
    ...truth.subscriptions.flatMap((each) => decideSubscription(truth, each, now, graceDays)),
    ...decidePurchases(truth.purchases, now),
  ];
  const products = [...new Set(rights.map(([product]) => product))].toSorted();
  const decide = (product?: string): Verdict =>
    nearest(rights.flatMap(([of, verdict]) => (product === undefined || of === product ? [verdict] : [])));
  return {
    overall: decide(),
    products: Object.fromEntries(products.map((product) => [product, decide(product)])),
  };
}

function decideSubscription(
  truth: Truth,
  subscription: Subscription,
  now: number,
  graceDays: number,
): [product: string, verdict: Verdict][] {
  const billing = followItems(subscription);
  const coverage = findCoverage(truth, subscription, billing);
  return [...billing.runs.keys()].map((product) => {
    const blockers = findBlockers(truth, subscription, billing, coverage, product, now, graceDays);
    // Nothing is left to revoke once Stripe has ended the subscription, or no item bills the product.
    if (
      !blockers.includes("subscription_ended") &&
      isRevoked(truth, subscription, billing, coverage, product)
    )
      blockers.push("revoked");
    return [product, farthest(blockers)];
  });
}

function findBlockers(
  truth: Truth,
  subscription: Subscription,
  billing: Billing,
  coverage: Coverage[],
  product: string,
  now: number,
  graceDays: number,
): Verdict[] {
  const state = currentState(subscription);
  if (!isGranted(subscription, billing, coverage, product)) return ["subscription_ended"];
  const kept = findKeptLinesOf(subscription, billing, coverage, product);
  const holds = findEffectiveHolds(truth, subscription, billing, coverage, product, now);
  switch (state.status) {
    case "incomplete":
      return [...holds, "subscription_incomplete"];
    case "paused":
      return [...holds, "subscription_paused"];
    case "past_due":
    case "unpaid": {
      const since = findPastDueSince(subscription) ?? now;
      const isOpen = now < since + graceDays * 86_400 || kept.some((line) => covers(line, now));
      return isOpen ? holds : [...holds, "payment_past_due"];
    }
    default:
      return holds;
  }
}

/** A product is granted while an item bills it, or while what was paid for it is kept. */
function isGranted(
  subscription: Subscription,
  billing: Billing,
  coverage: Coverage[],
  product: string,
): boolean {
  if (hasEnded(currentState(subscription))) return false;
  const isBilled = billing.runs.get(product)?.isPresent === true;
  return isBilled || findKeptLinesOf(subscription, billing, coverage, product).length > 0;
}

const findKeptLinesOf = (
  subscription: Subscription,
  billing: Billing,
  coverage: Coverage[],
  product: string,
): Coverage[] =>
  findKeptLines(subscription, billing, coverage, findPastDueSince(subscription)).filter(
    (line) => line.product === product,
  );

const findPastDueSince = (subscription: Subscription) =>
  findRunOfStatus(subscription, ["past_due", "unpaid"]);
