import { prices } from "../model/prices.ts";
import { currentState, type Item, type Subscription, type SubscriptionState } from "../model/truth.ts";

/** What each item of a subscription billed, by Stripe's order of time. */
export interface Billing {
  /** The product of an item at a price; `null` when none is known. */
  productAt(itemId: string, price: string): string | null;
  /** The products that some item billed in a state, with the time when the latest run of billing began. */
  runs: Map<string, { began: number; isPresent: boolean }>;
}

/**
 * Follows every item through all states. A price without a product keeps what the same item billed before. The
 * item that the checkout sold begins with the sold product.
 */
export function followItems(subscription: Subscription): Billing {
  const { checkout, states } = subscription;
  const latest = new Map<string, string>();
  if (checkout !== null) latest.set(checkout.itemId, checkout.productCode);
  const atPrice = new Map<string, string>();
  const runs: Billing["runs"] = new Map();
  for (const state of states) {
    for (const { id, price, quantity } of state.items) {
      const product = prices[price] ?? latest.get(id);
      if (product === undefined) continue;
      if (quantity > 0) latest.set(id, product);
      atPrice.set(`${id} ${price}`, product);
    }
    const billed = new Set(
      state.items.flatMap((item) =>
        item.quantity === 0 ? [] : (atPrice.get(`${item.id} ${item.price}`) ?? []),
      ),
    );
    for (const [product, run] of runs) if (!billed.has(product)) run.isPresent = false;
    for (const product of billed)
      if (runs.get(product)?.isPresent !== true) runs.set(product, { began: state.at, isPresent: true });
  }
  return { runs, productAt: (itemId, price) => prices[price] ?? atPrice.get(`${itemId} ${price}`) ?? null };
}

/** Returns the present items that bill the product. */
export function findBillingItems(subscription: Subscription, billing: Billing, product: string): Item[] {
  return currentState(subscription).items.filter(
    ({ id, price, quantity }) => quantity > 0 && billing.productAt(id, price) === product,
  );
}

/** Returns when the latest run of states with one of the statuses began; `null` if the last state has none. */
export function findRunOfStatus(
  { states }: Subscription,
  statuses: SubscriptionState["status"][],
): number | null {
  const other = states.findLastIndex(({ status }) => !statuses.includes(status));
  return states[other + 1]?.at ?? null;
}
