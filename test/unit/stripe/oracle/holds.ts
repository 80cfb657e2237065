import type { Subscription, Truth } from "../model/truth.ts";
import { type Billing, findBillingItems } from "./items.ts";
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
    .filter((hold) => isEffective(hold, relevant, now))
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

function isEffective({ lines, placedAt }: Hold, relevant: Coverage[], now: number): boolean {
  // What counts is the period of the invoice that reaches furthest.
  const end = Math.max(...lines.map((line) => line.end));
  const start = Math.max(...lines.filter((line) => line.end === end).map((line) => line.start));
  const remaining = relevant.filter(({ isRemoved }) => !isRemoved);
  return !remaining.some((line) =>
    line.isMoney
      ? // Another payment covers this moment, or a period was paid that began no earlier.
        covers(line, now) || (line.start <= now && line.start >= start)
      : // An earlier free period reaches further than the payment that was taken back.
        covers(line, now) && line.start < start && line.paidAt <= placedAt,
  );
}
