import type Stripe from "stripe";
import type { Action, Settlement } from "./action.ts";
import { issueInvoice, settleInvoice } from "./invoices.ts";
import { getPeriodSeconds, getPrice, prices } from "./prices.ts";
import {
  buildMetadata,
  buildPreviousAttributes,
  buildReadSubscription,
  buildSubscription,
  findPeriodEnd,
} from "./subscription-json.ts";
import {
  currentState,
  hasEnded,
  type Item,
  type Line,
  type Subscription,
  type SubscriptionState,
} from "./truth.ts";
import type { World } from "./world.ts";

type Do<Name extends Action["do"]> = Extract<Action, { do: Name }>;

const trialSeconds = 14 * 86_400;

/** Changes the subscription and emits the event, unless nothing differs. */
export function update(
  world: World,
  subscription: Subscription,
  change: Partial<SubscriptionState>,
  type: Stripe.Event["type"] = "customer.subscription.updated",
): void {
  const before = currentState(subscription);
  const after = { ...before, ...change, at: world.seconds };
  const previous = buildPreviousAttributes(before, after, world.shape);
  if (Object.keys(previous).length === 0) return;
  subscription.states.push(after);
  const json = buildSubscription(subscription, after, world.shape);
  setRead(world, subscription, after);
  world.emit(type, json, type === "customer.subscription.deleted" ? undefined : previous);
}

function setRead(world: World, subscription: Subscription, state: SubscriptionState): void {
  const read = buildReadSubscription(subscription, state, world.shape);
  world.subscriptionJson = new Map(world.subscriptionJson).set(subscription.id, read);
}

export function subscribe(world: World, { start, price, quantity, addOns, sold }: Do<"subscribe">): void {
  const now = world.seconds;
  const isTrial = start === "trial";
  const buildItem = (id: string, count: number): Item => ({
    id: world.id("si"),
    createdAt: now,
    price: resolvePrice(world, id),
    quantity: count,
    periodStart: now,
    periodEnd: now + (isTrial ? trialSeconds : getPeriodSeconds(id)),
  });
  // A checkout sells one item. Before 2025 all items had the interval of the first.
  const others = sold ? [] : addOns.filter((id) => world.shape === "current" || hasSameInterval(id, price));
  // Checkout sells at least one.
  const first = buildItem(price, sold ? Math.max(1, quantity) : quantity);
  const items = [first, ...others.map((id) => buildItem(id, 1))];
  const sessionId = world.id("cs");
  const state: SubscriptionState = {
    at: now,
    status: isTrial ? "trialing" : "incomplete",
    items,
    cancelAtPeriodEnd: false,
    cancelAt: null,
    endedAt: null,
    isCollectionPaused: false,
  };
  const subscription: Subscription = {
    id: world.id("sub"),
    startedAt: now,
    checkout: sold ? { sessionId, productCode: toSoldProduct(first), itemId: first.id } : null,
    states: [state],
    pendingLines: [],
  };
  world.truth.subscriptions.push(subscription);
  const json = buildSubscription(subscription, state, world.shape);
  setRead(world, subscription, state);
  world.emit("customer.subscription.created", json);
  const lines = items.map((item) => buildLine(world, item, isTrial, 0));
  const outcome = issueInvoice(world, subscription, lines, {
    outcome: start === "unpaid" ? "failed" : "paid",
    funding: start === "coupon" ? "coupon" : "money",
    payments: 1,
  });
  if (outcome === "paid" && !isTrial) update(world, subscription, { status: "active" });
  if (outcome === "paid") emitSession(world, subscription, isTrial);
}

/**
 * Returns the product that a checkout of the item sells. A price without a product was PRO's at that time.
 */
const toSoldProduct = ({ price }: Item): string => prices[price] ?? "PRO";

function emitSession(world: World, { id, checkout }: Subscription, isTrial: boolean): void {
  if (checkout === null) return;
  const { sessionId, productCode } = checkout;
  const invoice = world.truth.invoices.at(-1);
  world.emit("checkout.session.completed", {
    id: sessionId,
    payment_status: isTrial ? "no_payment_required" : "paid",
    payment_intent: null,
    subscription: id,
    amount_total: invoice?.amountPaid ?? 0,
    currency: invoice?.currency ?? "eur",
    customer: "cus_1",
    metadata: buildMetadata(sessionId, productCode),
  });
}

/** Ends the present period of the items that are due first, and invoices the next one. */
export function renew(world: World, subscription: Subscription, action: Do<"renew">): void {
  const { status, cancelAt, cancelAtPeriodEnd } = currentState(subscription);
  if (!["trialing", "active", "past_due"].includes(status)) return;
  const end = findPeriodEnd(currentState(subscription));
  if (cancelAt !== null && cancelAt <= Math.max(world.seconds, end)) {
    world.seconds = Math.max(world.seconds, cancelAt);
    endSubscription(world, subscription);
    return;
  }
  world.seconds = Math.max(world.seconds, end);
  if (cancelAtPeriodEnd) {
    endSubscription(world, subscription);
    return;
  }
  const items = currentState(subscription).items.map((item) => startNextPeriod(item, world.seconds));
  const due = items.filter((item, index) => item !== currentState(subscription).items[index]);
  update(world, subscription, { items, status: status === "trialing" ? "active" : status });
  const state = subscription.states.length - 1;
  const lines = [
    ...subscription.pendingLines,
    ...due.map((item) => buildLine(world, item, false, state)),
    ...(action.oneOff ? [buildOneOffLine(world)] : []),
  ];
  invoice(world, subscription, lines, action);
}

/** Issues an invoice that takes the pending lines too, and applies its outcome to the status. */
export function invoice(
  world: World,
  subscription: Subscription,
  lines: Line[],
  settlement: Settlement,
): void {
  subscription.pendingLines = [];
  if (lines.length === 0) return;
  applyOutcome(world, subscription, issueInvoice(world, subscription, lines, settlement));
}

/** Settles the latest unpaid invoice, of an ended subscription too. */
export function settle(world: World, subscription: Subscription, action: Do<"settle">): void {
  const invoices = world.truth.invoices.filter(({ subscriptionId }) => subscriptionId === subscription.id);
  const unpaid = invoices.findLast(({ paidAt, isVoid }) => paidAt === null && !isVoid);
  if (unpaid === undefined) return;
  const outcome = settleInvoice(world, subscription, unpaid, action);
  if (unpaid === invoices.at(-1)) applyOutcome(world, subscription, outcome);
}

/** Voids the latest unpaid invoice, or marks it uncollectible. Stripe then waits for no payment of it. */
export function voidInvoice(world: World, subscription: Subscription): void {
  const { invoices } = world.truth;
  const latest = invoices.findLast(({ subscriptionId }) => subscriptionId === subscription.id);
  if (latest === undefined || latest.paidAt !== null || latest.isVoid) return;
  latest.isVoid = true;
  if (["past_due", "unpaid"].includes(currentState(subscription).status))
    update(world, subscription, { status: "active" });
}

function applyOutcome(world: World, subscription: Subscription, outcome: Settlement["outcome"]): void {
  const { status } = currentState(subscription);
  if (outcome === "paid" && ["past_due", "unpaid", "incomplete"].includes(status))
    update(world, subscription, { status: "active" });
  if (outcome === "failed" && status === "active") update(world, subscription, { status: "past_due" });
}

export function endSubscription(world: World, subscription: Subscription): void {
  if (hasEnded(currentState(subscription))) return;
  const isIncomplete = currentState(subscription).status === "incomplete";
  const change = {
    status: isIncomplete ? "incomplete_expired" : "canceled",
    endedAt: world.seconds,
  } as const;
  // Stripe sends no `deleted` for a subscription that was never paid.
  if (isIncomplete) update(world, subscription, change);
  else update(world, subscription, change, "customer.subscription.deleted");
}

/** Reports an ended subscription as active: late and from before the end, or wrongly and after it. */
export function emitStray(world: World, subscription: Subscription, isLater: boolean): void {
  const { endedAt } = currentState(subscription);
  const last = subscription.states.findLast((state) => !hasEnded(state));
  if (endedAt === null || last === undefined) return;
  if (isLater) world.seconds = Math.max(world.seconds, endedAt + 1);
  const state = { ...last, status: "active" } as const;
  const previous = last.status === "active" ? { metadata: {} } : { status: last.status };
  const created = isLater ? world.seconds : Math.max(last.at, endedAt - 1);
  const json = buildSubscription(subscription, state, world.shape);
  world.emit("customer.subscription.updated", json, previous, created);
}

function startNextPeriod(item: Item, now: number): Item {
  const length = getPeriodSeconds(item.price);
  let { periodStart, periodEnd } = item;
  while (periodEnd <= now) [periodStart, periodEnd] = [periodEnd, periodEnd + length];
  return periodEnd === item.periodEnd ? item : { ...item, periodStart, periodEnd };
}

/** Returns the line of an item's present period. */
export function buildLine(world: World, item: Item, isTrial: boolean, state: number): Line {
  return {
    id: world.id("il"),
    itemId: item.id,
    price: item.price,
    quantity: item.quantity,
    amount: isTrial ? 0 : getPrice(item.price).amount * item.quantity,
    discount: 0,
    start: item.periodStart,
    end: item.periodEnd,
    isProration: false,
    isTrial,
    state,
  };
}

/** Returns a one-off line of a product's price with a period that reaches far. It belongs to no item. */
function buildOneOffLine(world: World): Line {
  const [start, price] = [world.seconds, "price_pro"];
  const end = start + 365 * 86_400;
  const rest = { quantity: 1, amount: 5_000, discount: 0, isProration: false, isTrial: false, state: 0 };
  return { id: world.id("il"), itemId: null, price, start, end, ...rest };
}

/** Each change to an unknown price takes a new one, so that a price and an item have one former product. */
export function resolvePrice(world: World, price: string): string {
  return price === "price_unknown" ? world.id("price_unknown") : price;
}

export const hasSameInterval = (one: string, other: string): boolean =>
  getPrice(one).interval === getPrice(other).interval;
