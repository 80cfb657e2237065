import type { Subscription, Truth } from "../model/truth.ts";
import { type Billing, findBillingItems } from "./items.ts";
import { findFirstState, passOn } from "./kept.ts";
import { type Coverage, covers } from "./lines.ts";

type HoldReason = "payment_disputed" | "payment_refunded";

interface Hold {
  reason: HoldReason;
  placedAt: number;
  /** The relevant lines of the disputed or refunded invoice. */
  lines: [Coverage, ...Coverage[]];
}

/** Returns the reasons of the holds on the product that are effective at `now`. */
export function findEffectiveHolds(
  truth: Truth,
  subscription: Subscription,
  billing: Billing,
  coverage: Coverage[],
  product: string,
  now: number,
): HoldReason[] {
  const relevant = findRelevant(subscription, billing, coverage, product);
  const lifts = truth.operatorActions.filter(
    ({ type, subscriptionId, productCode }) =>
      type === "lift_holds" && subscriptionId === subscription.id && productCode === product,
  );
  return listHolds(relevant)
    .filter(({ placedAt }) => !lifts.some(({ at }) => placedAt < at))
    .filter((hold) => isEffective(hold, subscription, relevant, now))
    .map(({ reason }) => reason);
}

/**
 * Returns the lines that matter for the product: its own since it is billed; without any, those of the items that
 * bill it; without any, all of the subscription.
 */
export function findRelevant(
  subscription: Subscription,
  billing: Billing,
  coverage: Coverage[],
  product: string,
): Coverage[] {
  const began = billing.runs.get(product)?.began ?? Number.NEGATIVE_INFINITY;
  const own = coverage.filter((line) => line.product === product && line.end > began);
  if (own.some(({ isMoney }) => isMoney)) return own;
  const items = findBillingItems(subscription, billing, product).map(({ id }) => id);
  const ownAndOfItems = coverage.filter((line) => own.includes(line) || items.includes(line.itemId));
  return ownAndOfItems.some(({ isMoney }) => isMoney) ? ownAndOfItems : coverage;
}

/** Lists one hold for each open dispute and for each invoice that was taken back as a whole. */
function listHolds(relevant: Coverage[]): Hold[] {
  const invoices = [...new Set(relevant.map(({ invoice }) => invoice))];
  return invoices.flatMap((invoice): Hold[] => {
    const [first, ...more] = relevant.filter((line) => line.invoice === invoice);
    if (first === undefined || !first.isRemoved) return [];
    const held: Hold["lines"] = [first, ...more];
    const { openDisputes, fullSince } = first.reversal;
    const disputed = openDisputes.map(({ createdAt }) => ({
      reason: "payment_disputed" as const,
      placedAt: createdAt,
      lines: held,
    }));
    if (fullSince === null) return disputed;
    return [...disputed, { reason: "payment_refunded" as const, placedAt: fullSince, lines: held }];
  });
}

function isEffective(
  { lines, placedAt }: Hold,
  subscription: Subscription,
  relevant: Coverage[],
  now: number,
): boolean {
  // What counts is the period of the invoice that reaches furthest.
  const end = Math.max(...lines.map((line) => line.end));
  const last = lines.filter((line) => line.end === end);
  const start = Math.max(...last.map((line) => line.start));
  const held = last.filter((line) => line.start === start);
  const remaining = relevant.filter(({ isRemoved }) => !isRemoved);
  return !remaining.some((line) => {
    // An earlier free period counts where it reaches further than the payment that was taken back.
    if (covers(line, now)) return line.isMoney || (line.start < start && line.paidAt <= placedAt);
    // A later period that is over still counts, unless it was a shorter one of another item.
    if (!line.isMoney || line.start > now || line.start < start) return false;
    return line.end >= end || held.some((each) => isFollowed(subscription, each, line));
  });
}

/** Returns whether the line is for the same place as the one that was taken back, or that place is gone. */
function isFollowed({ states }: Subscription, taken: Coverage, line: Coverage): boolean {
  let holders: ReadonlySet<string> = new Set([taken.itemId]);
  for (let index = findFirstState(states, taken); index < states.length; index++) {
    if (holders.size === 0 || holders.has(line.itemId)) return true;
    const [before, after] = [states[index], states[index + 1]];
    if (before !== undefined && after !== undefined) holders = passOn(holders, before, after);
  }
  return holders.size === 0;
}
