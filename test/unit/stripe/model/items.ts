import type { Action, ItemChange } from "./action.ts";
import { issueInvoice } from "./invoices.ts";
import { getPeriodSeconds, getPrice } from "./prices.ts";
import { buildLine, hasSameInterval, invoice, resolvePrice, update } from "./subscriptions.ts";
import { currentState, type Item, type Line, type Subscription } from "./truth.ts";
import { pick, type World } from "./world.ts";

/** Stripe's limit. */
const maxItems = 20;

/** An event contains this many items. Histories change no other ones: events don't show what these were. */
const maxShown = 10;

const listShown = (subscription: Subscription): Item[] => currentState(subscription).items.slice(0, maxShown);

type Do<Name extends Action["do"]> = Extract<Action, { do: Name }>;

/** Changes that Stripe refuses while a subscription is incomplete or has ended are left out by the caller. */
export function changePrice(world: World, subscription: Subscription, action: Do<"price">): void {
  const { items, status } = currentState(subscription);
  const item = pick(listShown(subscription), action.item);
  if (item === undefined || item.price === action.price) return;
  const isSameInterval = hasSameInterval(item.price, action.price);
  // Before 2025 all items of a subscription had the same interval.
  if (!isSameInterval && world.shape === "old" && items.length > 1) return;
  const price = resolvePrice(world, action.price);
  // Another interval starts a new period at once, except in a trial.
  if (isSameInterval || status === "trialing") replaceItem(world, subscription, item, { price }, action);
  else {
    const now = world.seconds;
    const period = { periodStart: now, periodEnd: now + getPeriodSeconds(price) };
    const proration = action.proration === "pending" ? "now" : action.proration;
    replaceItem(world, subscription, item, { price, ...period }, { ...action, proration });
  }
}

export function changeQuantity(world: World, subscription: Subscription, action: Do<"quantity">): void {
  const item = pick(listShown(subscription), action.item);
  if (item === undefined) return;
  replaceItem(world, subscription, item, { quantity: action.quantity }, action);
}

export function addItem(world: World, subscription: Subscription, action: Do<"add_item">): void {
  const { items, status } = currentState(subscription);
  const [first] = items;
  if (first === undefined || items.length >= maxShown) return;
  const isSameInterval = hasSameInterval(first.price, action.price);
  if (!isSameInterval && world.shape === "old") return;
  const now = world.seconds;
  const { periodStart, periodEnd } =
    isSameInterval || status === "trialing"
      ? first
      : { periodStart: now, periodEnd: now + getPeriodSeconds(action.price) };
  const added: Item = {
    id: world.id("si"),
    createdAt: now,
    price: resolvePrice(world, action.price),
    quantity: action.quantity,
    periodStart,
    periodEnd,
  };
  applyChange(world, subscription, [...items, added], prorate(world, subscription, null, added), action);
}

/** Adds free items, so that an event does not contain the newest ones. */
export function addManyItems(world: World, subscription: Subscription, action: Do<"add_many_items">): void {
  const { items } = currentState(subscription);
  const [first] = items;
  if (first === undefined || items.length + action.count > maxItems) return;
  if (getPrice(first.price).interval !== "month") return;
  const { periodStart, periodEnd } = first;
  const period = { periodStart, periodEnd };
  const added = Array.from({ length: action.count }, (): Item => {
    const id = world.id("si");
    return { id, createdAt: world.seconds, price: "price_addon_free", quantity: 1, ...period };
  });
  update(world, subscription, { items: [...items, ...added] });
}

export function removeItem(world: World, subscription: Subscription, action: Do<"remove_item">): void {
  const { items } = currentState(subscription);
  const item = pick(listShown(subscription), action.item);
  if (item === undefined || items.length === 1) return;
  const others = items.filter((each) => each !== item);
  applyChange(world, subscription, others, prorate(world, subscription, item, null), action);
}

/** Removes the newest items and adds as many new ones in their place, in one change. */
export function swapItems(world: World, subscription: Subscription, action: Do<"swap">): void {
  const { items } = currentState(subscription);
  if (items.length > maxShown) return;
  const count = Math.min(items.length, action.prices.length);
  const kept = items.slice(0, items.length - count);
  const pairs = items.slice(items.length - count).flatMap((removed, index) => {
    const price = action.prices[index] ?? removed.price;
    const { periodStart, periodEnd } = removed;
    if (!hasSameInterval(removed.price, price)) return [];
    const changed = { price: resolvePrice(world, price), quantity: 1, periodStart, periodEnd };
    return [{ removed, added: { ...changed, id: world.id("si"), createdAt: world.seconds } }];
  });
  if (pairs.length < count) return;
  const lines = pairs.flatMap(({ removed, added }) => [
    ...prorate(world, subscription, removed, null),
    ...prorate(world, subscription, null, added),
  ]);
  applyChange(world, subscription, [...kept, ...pairs.map(({ added }) => added)], lines, action);
}

/** Requests another price, which applies only once it is paid. A failed payment changes nothing. */
export function requestPrice(world: World, subscription: Subscription, action: Do<"pending_update">): void {
  const [item] = currentState(subscription).items;
  const isAllowed = currentState(subscription).status === "active" && action.outcome !== "open";
  if (item === undefined || !isAllowed || !hasSameInterval(item.price, action.price)) return;
  const changed = { ...item, price: action.price };
  const lines = prorate(world, subscription, item, changed);
  if (lines.length === 0) return;
  if (issueInvoice(world, subscription, lines, action) !== "paid") return;
  const items = currentState(subscription).items.map((each) => (each === item ? changed : each));
  update(world, subscription, { items });
}

function replaceItem(
  world: World,
  subscription: Subscription,
  item: Item,
  change: Partial<Item>,
  how: ItemChange,
): void {
  const replaced = { ...item, ...change };
  const items = currentState(subscription).items.map((each) => (each === item ? replaced : each));
  applyChange(world, subscription, items, prorate(world, subscription, item, replaced), how);
}

/** Changes the items, then invoices the proration lines as `how` says. */
function applyChange(
  world: World,
  subscription: Subscription,
  items: Item[],
  lines: Line[],
  how: ItemChange,
): void {
  const count = subscription.states.length;
  update(world, subscription, { items });
  if (subscription.states.length === count || how.proration === "none") return;
  subscription.pendingLines.push(...lines);
  if (how.proration === "now" && lines.length > 0)
    invoice(world, subscription, subscription.pendingLines, how);
}

/** Credits the rest of the item's period before the change, and charges the rest after it. */
function prorate(world: World, subscription: Subscription, before: Item | null, after: Item | null): Line[] {
  const { status } = currentState(subscription);
  if (status === "trialing" || status === "paused") return [];
  // The change makes the next state.
  const state = subscription.states.length;
  const credit = before === null ? [] : buildProration(world, before, state, -1);
  if (after === null) return credit;
  // A new period is charged whole.
  const isNewPeriod = before !== null && after.periodEnd !== before.periodEnd;
  const charge = isNewPeriod
    ? [buildLine(world, after, false, state)]
    : buildProration(world, after, state, 1);
  return [...credit, ...charge];
}

/** Returns no line for a period that is over, or an amount of 0. */
function buildProration(world: World, item: Item, state: number, sign: 1 | -1): Line[] {
  const now = world.seconds;
  const share = (item.periodEnd - now) / (item.periodEnd - item.periodStart);
  const amount = Math.round(getPrice(item.price).amount * item.quantity * share);
  if (share <= 0 || amount === 0) return [];
  const line = buildLine(world, item, false, state);
  return [{ ...line, amount: amount * sign, start: now, isProration: true }];
}
