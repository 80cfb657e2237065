import type Stripe from "stripe";
import { paginate } from "../embedded-lists.ts";
import { noSuchObject } from "../errors.ts";
import { pageFields } from "../object-store.ts";
import { type Fields, text } from "../params.ts";
import { type Route, route } from "../router.ts";

const listFields = {
  ...pageFields,
  subscription: text(),
} satisfies Fields & Partial<Record<keyof Stripe.SubscriptionItemListParams, unknown>>;

const permission = "rak_subscription";

export const subscriptionItemRoutes: Route[] = [
  route("GET", "/v1/subscription_items", permission, listFields, ({ context, params }) => {
    const { items } = context.objects.get("subscription", params.subscription, "subscription");
    return paginate(items, "subscription_item", params);
  }),

  route("GET", "/v1/subscription_items/:id", permission, {}, ({ context, id }) => {
    const item = context.objects
      .list("subscription", "/v1/subscriptions")
      .data.flatMap(({ items }) => items.data)
      .find((each) => each.id === id);
    if (item === undefined) throw noSuchObject("subscription_item", id);
    return item;
  }),
];
