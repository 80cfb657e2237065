import type { Flip, ItemChange } from "./action.ts";
import { addItem, changePrice, changeQuantity, removeItem } from "./items.ts";
import { getPrice } from "./prices.ts";
import { update } from "./subscriptions.ts";
import { currentState, type Subscription } from "./truth.ts";
import type { World } from "./world.ts";

const pending: ItemChange = { proration: "pending", outcome: "paid", funding: "money", payments: 1 };

/** Makes several changes in one second. With `back`, each is taken back in the same second. */
export function burst(world: World, subscription: Subscription, flips: Flip[], back: boolean): void {
  for (const flip of flips) {
    const undo = makeFlip(world, subscription, flip);
    if (back) undo();
  }
}

/** Makes a change and returns a function that takes it back. */
function makeFlip(world: World, subscription: Subscription, flip: Flip): () => void {
  const { items, ...state } = currentState(subscription);
  const restore = () => {
    const { isCollectionPaused, cancelAt, cancelAtPeriodEnd, status } = state;
    update(world, subscription, { isCollectionPaused, cancelAt, cancelAtPeriodEnd, status });
  };
  const [item] = items;
  switch (flip) {
    case "collection":
      update(world, subscription, { isCollectionPaused: !state.isCollectionPaused });
      return restore;
    case "cancel_at":
      update(world, subscription, {
        cancelAt: state.cancelAt === null ? world.seconds + 400 * 86_400 : null,
      });
      return restore;
    case "cancel_at_period_end":
      update(world, subscription, { cancelAtPeriodEnd: !state.cancelAtPeriodEnd });
      return restore;
    case "pause":
      if (state.status === "active") update(world, subscription, { status: "paused" });
      return restore;
    case "price": {
      if (item === undefined) return restore;
      const { productCode, interval } = getPrice(item.price);
      const monthly = productCode === "TEAM" ? "price_pro" : "price_team";
      const price = interval === "year" ? `${monthly}_year` : monthly;
      changePrice(world, subscription, { do: "price", on: 0, item: items.length - 1, price, ...pending });
      const former = productCode === null ? "price_unknown" : item.price;
      return () =>
        changePrice(world, subscription, {
          do: "price",
          on: 0,
          item: items.length - 1,
          price: former,
          ...pending,
        });
    }
    case "quantity": {
      if (item === undefined) return restore;
      const change = (quantity: number) =>
        changeQuantity(world, subscription, {
          do: "quantity",
          on: 0,
          item: items.length - 1,
          quantity,
          ...pending,
        });
      change(item.quantity + 1);
      return () => change(item.quantity);
    }
    case "item":
      addItem(world, subscription, { do: "add_item", on: 0, price: "price_addon", quantity: 1, ...pending });
      return () => {
        // Index 0 is the newest item.
        if (currentState(subscription).items.length > items.length)
          removeItem(world, subscription, { do: "remove_item", on: 0, item: 0, ...pending });
      };
  }
}
