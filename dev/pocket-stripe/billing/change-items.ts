import type { Context } from "../context.ts";
import { invalidRequest } from "../errors.ts";
import type { StripeObjects } from "../wire.ts";
import { buildItem, buildPlan, type Subscription, type SubscriptionItem } from "./build-subscription.ts";
import { alignedPeriod, isSameInterval, type Period } from "./period.ts";

export interface ItemChange {
  /** Id of the item to change. `undefined` adds an item. */
  id: string | undefined;
  price: string | undefined;
  quantity: number | undefined;
  deleted: boolean;
}

const maxItems = 20;

/** Returns the items after the changes. Items may have different billing intervals. */
export function changeItems(
  context: Context,
  subscription: Subscription,
  changes: ItemChange[],
): SubscriptionItem[] {
  let items = subscription.items.data;
  for (const [index, change] of changes.entries()) {
    const param = `items[${index}]`;
    const price =
      change.price === undefined
        ? undefined
        : findPrice(context, subscription, change.price, `${param}[price]`);
    if (change.id === undefined) {
      if (price === undefined)
        throw invalidRequest("A new item needs a price.", { param: `${param}[price]` });
      const { quantity = 1 } = change;
      const period = periodFor(context, subscription, buildPlan(price));
      items = [...items, buildItem(context, subscription.id, price, quantity, period)];
      continue;
    }
    if (!items.some((item) => item.id === change.id)) {
      throw invalidRequest(`No such subscription_item: '${change.id}'`, {
        code: "resource_missing",
        param: `${param}[id]`,
      });
    }
    items = items.flatMap((item) => {
      if (item.id !== change.id) return [item];
      return change.deleted ? [] : [changeItem(context, subscription, item, price, change.quantity)];
    });
  }
  if (items.length === 0)
    throw invalidRequest("A subscription must have at least one active plan.", { param: "items" });
  if (items.length > maxItems)
    throw invalidRequest(`A subscription can have ${maxItems} items at most.`, { param: "items" });
  return items;
}

function changeItem(
  context: Context,
  subscription: Subscription,
  item: SubscriptionItem,
  price: StripeObjects["price"] | undefined,
  quantity: number | undefined,
): SubscriptionItem {
  const changed = { ...item, quantity: quantity ?? item.quantity ?? 1 };
  if (price === undefined) return changed;
  const plan = buildPlan(price);
  if (isSameInterval(plan, item.plan)) return { ...changed, price, plan };
  const { start, end } = periodFor(context, subscription, plan);
  return { ...changed, price, plan, current_period_start: start, current_period_end: end };
}

/**
 * Returns the period of a new item: that of the items with the same interval. An item with another interval
 * begins now, and ends where the cycle of its interval does.
 */
function periodFor(context: Context, subscription: Subscription, plan: SubscriptionItem["plan"]): Period {
  const { data } = subscription.items;
  const shared = data.find((item) => isSameInterval(item.plan, plan)) ?? trialItem(subscription);
  if (shared !== undefined) return { start: shared.current_period_start, end: shared.current_period_end };
  return { start: context.now, end: alignedPeriod(subscription.billing_cycle_anchor, context.now, plan).end };
}

/** All items of a trial end with it. */
function trialItem({ status, items }: Subscription): SubscriptionItem | undefined {
  return status === "trialing" ? items.data[0] : undefined;
}

function findPrice(
  context: Context,
  subscription: Subscription,
  id: string,
  param: string,
): StripeObjects["price"] {
  const price = context.objects.get("price", id, param);
  if (!price.active || price.type !== "recurring") {
    throw invalidRequest("The price specified must be active and recurring.", { param });
  }
  if (price.currency !== subscription.currency) {
    const message = `The price specified only supports \`${price.currency}\`. This doesn't match the expected currency: \`${subscription.currency}\`.`;
    throw invalidRequest(message, { param });
  }
  return price;
}
