import type { Action } from "./model/action.ts";
import { burst } from "./model/bursts.ts";
import { buildLines } from "./model/invoice-json.ts";
import {
  addItem,
  addManyItems,
  changePrice,
  changeQuantity,
  removeItem,
  requestPrice,
  swapItems,
} from "./model/items.ts";
import { getPrice } from "./model/prices.ts";
import { buy, clearDebit } from "./model/purchases.ts";
import { dispute, finishRefund, refund, resolve } from "./model/reversals.ts";
import {
  emitStray,
  endSubscription,
  renew,
  settle,
  subscribe,
  update,
  voidInvoice,
} from "./model/subscriptions.ts";
import {
  currentState,
  hasEnded,
  type Invoice,
  type Payment,
  type PurchaseKind,
  type Subscription,
  type Truth,
} from "./model/truth.ts";
import { type ApiShape, type EmittedEvent, type Json, pick, World } from "./model/world.ts";

/**
 * Models Stripe for property tests: how objects change and which events report it, in today's API shape or
 * the shape before 2025. It is faster than pocket Stripe. It shares no code with the readers, so that a
 * mistake in them cannot hide in the model.
 */
export class StripeModel {
  private readonly world: World;

  constructor(shape: ApiShape) {
    this.world = new World(shape);
  }

  get events(): readonly EmittedEvent[] {
    return this.world.events;
  }

  get truth(): Truth {
    return this.world.truth;
  }

  get nowMs(): number {
    return this.world.seconds * 1_000;
  }

  play(action: Action): void {
    const { world } = this;
    switch (action.do) {
      case "wait":
        world.seconds += this.limitWait(action.seconds);
        return;
      case "buy":
        buy(world, action);
        return;
      case "clear_debit":
        clearDebit(world, action);
        return;
      case "subscribe":
        subscribe(world, action);
        return;
      case "refund":
        refund(world, action);
        return;
      case "finish_refund":
        finishRefund(world, action);
        return;
      case "dispute":
        dispute(world, action);
        return;
      case "resolve":
        resolve(world, action);
        return;
      default: {
        const subscription = pick(this.truth.subscriptions, action.on);
        if (subscription !== undefined) this.playOn(subscription, action);
      }
    }
  }

  private playOn(subscription: Subscription, action: Extract<Action, { on: number }>): void {
    const { world } = this;
    const { status } = currentState(subscription);
    switch (action.do) {
      case "settle":
        settle(world, subscription, action);
        return;
      case "void":
        voidInvoice(world, subscription);
        return;
      case "stray":
        emitStray(world, subscription, action.later);
        return;
      case "cancel":
        endSubscription(world, subscription);
        return;
      case "dunning":
        if (status === "incomplete" || (status === "past_due" && action.to === "canceled"))
          endSubscription(world, subscription);
        else if (status === "past_due") update(world, subscription, { status: "unpaid" });
        return;
    }
    // Stripe refuses the other changes then.
    if (status === "incomplete" || hasEnded({ status })) return;
    switch (action.do) {
      case "renew":
        renew(world, subscription, action);
        return;
      case "price":
        changePrice(world, subscription, action);
        return;
      case "quantity":
        changeQuantity(world, subscription, action);
        return;
      case "add_item":
        addItem(world, subscription, action);
        return;
      case "add_many_items":
        addManyItems(world, subscription, action);
        return;
      case "remove_item":
        removeItem(world, subscription, action);
        return;
      case "swap":
        swapItems(world, subscription, action);
        return;
      case "pending_update":
        requestPrice(world, subscription, action);
        return;
      case "burst":
        burst(world, subscription, action.flips, action.back);
        return;
      case "cancel_at_period_end":
        update(world, subscription, { cancelAtPeriodEnd: action.value });
        return;
      case "cancel_at": {
        const cancelAt = action.days === null ? null : world.seconds + action.days * 86_400;
        update(world, subscription, { cancelAt });
        return;
      }
      case "collection":
        update(world, subscription, { isCollectionPaused: action.paused });
        return;
      case "pause":
        if (status === (action.value ? "active" : "paused"))
          update(world, subscription, { status: action.value ? "paused" : "active" });
        return;
      case "operator":
        this.operate(subscription, action.type);
        return;
    }
  }

  /** Records the action with a second before and after, so that its order is certain. */
  private operate(subscription: Subscription, type: "revoke" | "lift_holds"): void {
    const { items } = currentState(subscription);
    const productCode = items
      .filter(({ quantity }) => quantity > 0)
      .map(({ price }) => getPrice(price).productCode)
      .find((code) => code !== null);
    if (productCode == null) return;
    this.world.seconds += 1;
    const action = { type, subscriptionId: subscription.id, productCode, at: this.world.seconds };
    this.truth.operatorActions.push({ ...action, afterEvents: this.events.length });
    this.world.seconds += 1;
  }

  /** Limits a wait: Stripe starts the next period, or ends a subscription, when its time has come. */
  private limitWait(seconds: number): number {
    const ends = this.truth.subscriptions
      .map(currentState)
      .flatMap(({ status, items, cancelAt }) =>
        ["trialing", "active", "past_due"].includes(status)
          ? [...items.map(({ periodEnd }) => periodEnd), ...(cancelAt === null ? [] : [cancelAt])]
          : [],
      );
    const next = Math.min(...ends.filter((end) => end > this.world.seconds));
    const untilNext = next - this.world.seconds - 1;
    return Math.max(0, Math.min(seconds, untilNext));
  }

  /** Returns the subscription as a read after the last event would show it. */
  subscriptionNow(id: string): Json {
    const json = this.world.subscriptionJson.get(id);
    if (json === undefined) throw new Error(`no subscription ${id}`);
    return json;
  }

  /** Returns the checkout that sold the subscription, or `null`. */
  checkoutOf(subscriptionId: string): Subscription["checkout"] {
    return this.findSubscription(subscriptionId).checkout;
  }

  /** Returns all lines of the invoice, as Stripe lists them. */
  linesOf(invoiceId: string): Json[] {
    const invoice = this.findInvoice(invoiceId);
    return buildLines(invoice, this.findSubscription(invoice.subscriptionId), this.world.shape);
  }

  /** Returns the payment with the payment intent. */
  paymentOf(paymentIntentId: string | null): Payment {
    const payment = this.truth.payments.find(({ id }) => id === paymentIntentId);
    if (payment === undefined) throw new Error(`no payment ${paymentIntentId}`);
    return payment;
  }

  /** Returns the kind of one-time product that the checkout session sold. */
  soldBy(sessionId: string): PurchaseKind {
    const purchase = this.truth.purchases.find((each) => each.sessionId === sessionId);
    if (purchase === undefined) throw new Error(`no sale for session ${sessionId}`);
    return purchase.kind;
  }

  private findSubscription(id: string): Subscription {
    const subscription = this.truth.subscriptions.find((each) => each.id === id);
    if (subscription === undefined) throw new Error(`no subscription ${id}`);
    return subscription;
  }

  findInvoice(id: string): Invoice {
    const invoice = this.truth.invoices.find((each) => each.id === id);
    if (invoice === undefined) throw new Error(`no invoice ${id}`);
    return invoice;
  }
}

export function playHistory(shape: ApiShape, actions: Action[]): StripeModel {
  const model = new StripeModel(shape);
  for (const action of actions) model.play(action);
  return model;
}
