import type { Context } from "../context.ts";
import { invalidRequest } from "../errors.ts";
import { changeObject } from "../events.ts";
import type { StripeObjects } from "../wire.ts";
import { beginPeriod } from "./advance.ts";
import { buildItem, buildPlan, type Subscription, type SubscriptionItem } from "./build-subscription.ts";
import { collectDue, hasEnded } from "./collect.ts";
import { finalizeInvoice } from "./invoices.ts";
import { periodEnd } from "./period.ts";
import { scheduleSubscription } from "./schedule.ts";

export interface ItemChange {
  /** Id of the item to change. `undefined` adds an item. */
  id: string | undefined;
  price: string | undefined;
  quantity: number | undefined;
  deleted: boolean;
}

export interface SubscriptionChange {
  cancelAtPeriodEnd?: boolean | undefined;
  items?: ItemChange[] | undefined;
  metadata?: Record<string, string> | undefined;
  pauseCollection?: Subscription["pause_collection"] | undefined;
  /** `billing_cycle_anchor: now` starts and bills a new period at once. */
  restartCycle?: boolean | undefined;
}

/**
 * Updates a subscription without proration. A price with a different billing interval starts and bills a
 * new period at once, as with Stripe. With the same interval, the period continues and the next renewal has
 * the new price.
 */
export function updateSubscription(context: Context, id: string, change: SubscriptionChange): Subscription {
  const before = context.objects.get("subscription", id);
  if (hasEnded(before))
    throw invalidRequest("A canceled subscription can only update its cancellation_details.");
  const items = change.items === undefined ? before.items.data : changeItems(context, before, change.items);
  const after: Subscription = {
    ...before,
    ...(change.cancelAtPeriodEnd === undefined
      ? {}
      : cancellation(context, before, change.cancelAtPeriodEnd)),
    ...(change.metadata === undefined ? {} : { metadata: change.metadata }),
    ...(change.pauseCollection === undefined ? {} : { pause_collection: change.pauseCollection }),
    items: { ...before.items, data: items },
  };
  const [oldFirst, newFirst] = [before.items.data[0], items[0]];
  const restarts = change.restartCycle === true || toIntervalKey(oldFirst) !== toIntervalKey(newFirst);
  if (newFirst !== undefined && restarts) {
    const end = periodEnd(context.now, context.now, newFirst.plan);
    const draft = beginPeriod(
      context,
      { ...after, billing_cycle_anchor: context.now },
      { start: context.now, end },
      { reason: "subscription_update", period: { start: context.now, end: context.now } },
    );
    collectDue(context, finalizeInvoice(context, draft));
  } else {
    changeObject(context, "customer.subscription.updated", before, after);
  }
  scheduleSubscription(context, id);
  return context.objects.get("subscription", id);
}

function cancellation(
  context: Context,
  { items }: Subscription,
  atPeriodEnd: boolean,
): Partial<Subscription> {
  const details = { comment: null, feedback: null, feedback_option: null };
  return atPeriodEnd
    ? {
        cancel_at: items.data[0]?.current_period_end ?? null,
        cancel_at_period_end: true,
        canceled_at: context.now,
        cancellation_details: { ...details, reason: "cancellation_requested" },
      }
    : {
        cancel_at: null,
        cancel_at_period_end: false,
        canceled_at: null,
        cancellation_details: { ...details, reason: null },
      };
}

function changeItems(
  context: Context,
  subscription: Subscription,
  changes: ItemChange[],
): SubscriptionItem[] {
  const [first] = subscription.items.data;
  const period = {
    start: first?.current_period_start ?? context.now,
    end: first?.current_period_end ?? context.now,
  };
  let items = subscription.items.data;
  for (const [index, { id, price, quantity, deleted }] of changes.entries()) {
    const param = `items[${index}]`;
    const replacement = price === undefined ? undefined : recurringPrice(context, price, `${param}[price]`);
    if (id === undefined) {
      if (replacement === undefined)
        throw invalidRequest("A new item needs a price.", { param: `${param}[price]` });
      items = [...items, buildItem(context, subscription.id, replacement, quantity ?? 1, period)];
      continue;
    }
    if (!items.some((item) => item.id === id)) {
      throw invalidRequest(`No such subscription_item: '${id}'`, {
        code: "resource_missing",
        param: `${param}[id]`,
      });
    }
    items = deleted
      ? items.filter((item) => item.id !== id)
      : items.map((item) =>
          item.id === id
            ? {
                ...item,
                ...(replacement === undefined ? {} : { price: replacement, plan: buildPlan(replacement) }),
                quantity: quantity ?? item.quantity ?? 1,
              }
            : item,
        );
  }
  if (items.length === 0)
    throw invalidRequest("A subscription must have at least one active plan.", { param: "items" });
  if (new Set(items.map(toIntervalKey)).size > 1) {
    throw invalidRequest("Currently, all prices on a subscription must have the same interval.", {
      param: "items",
    });
  }
  return items;
}

function recurringPrice(context: Context, id: string, param: string): StripeObjects["price"] {
  const price = context.objects.get("price", id, param);
  if (!price.active || price.type !== "recurring") {
    throw invalidRequest("The price specified must be active and recurring.", { param });
  }
  return price;
}

function toIntervalKey(item: SubscriptionItem | undefined): string {
  return `${item?.plan.interval_count} ${item?.plan.interval}`;
}
