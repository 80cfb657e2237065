import type { ComparedAttributes, SubscriptionSnapshot } from "./stripe-record.ts";

/** Sorting compares an observation many times. Observations are never changed in place. */
const comparedAttributes = new WeakMap<SubscriptionSnapshot, ComparedAttributes>();

/** Returns what distinguishes the snapshot from another one of the same second. */
export function toComparedAttributes(snapshot: SubscriptionSnapshot): ComparedAttributes {
  const known = comparedAttributes.get(snapshot);
  if (known !== undefined) return known;
  const attributes = buildComparedAttributes(snapshot);
  comparedAttributes.set(snapshot, attributes);
  return attributes;
}

/** Observations of older records lack the ids of their items, so they are compared by prices. */
function buildComparedAttributes(snapshot: SubscriptionSnapshot): ComparedAttributes {
  const { status, cancelAtPeriodEnd, cancelAt = null, isCollectionPaused, items } = snapshot;
  const common = { status, cancelAtPeriodEnd, isCollectionPaused };
  if (items.some(({ itemId }) => itemId === undefined))
    return {
      ...common,
      currentPeriodEnd: items[0]?.currentPeriodEnd ?? null,
      priceIds: items.map(({ priceId }) => priceId).join(),
    };
  const sorted = items.toSorted((a, b) => ((a.itemId ?? "") < (b.itemId ?? "") ? -1 : 1));
  const compared = sorted.map((item) => [item.itemId, item.priceId, item.quantity, item.currentPeriodEnd]);
  return { ...common, cancelAt, items: JSON.stringify(compared) };
}

export function hasAttributes(snapshot: SubscriptionSnapshot, attributes: ComparedAttributes): boolean {
  const mine = toComparedAttributes(snapshot);
  return (Object.keys(attributes) as (keyof ComparedAttributes)[]).every(
    (key) => mine[key] === attributes[key],
  );
}
