import type Stripe from "stripe";
import { dayMs } from "../../../shared/domain/entitlement.ts";
import type { PaidInvoice } from "../../../shared/domain/stripe-record.ts";
import { buildLicenzyMetadata } from "../../../shared/stripe/licenzy-metadata.ts";

/**
 * Models Stripe for property tests: how objects change and which events report it, in today's API shape or
 * the shape before 2025. It is faster than pocket Stripe. It shares no code with the readers, so that a
 * mistake in them cannot hide in the model.
 */
export type Action =
  | { do: "wait"; seconds: number }
  | { do: "buy"; kind: "usage_pack" | "time_pass" }
  | { do: "subscribe"; trial: boolean }
  | { do: "renew"; paid: boolean }
  | { do: "settle" }
  | { do: "cancel_at_period_end"; on: boolean }
  | { do: "price"; price: string }
  | { do: "collection"; paused: boolean }
  | { do: "pause"; on: boolean }
  | { do: "cancel" }
  | { do: "refund"; payment: number; parts: number; outcome: "stays" | "fails" }
  | { do: "dispute"; payment: number; parts: number; status: "needs_response" | "warning_needs_response" }
  | { do: "resolve"; dispute: number; status: "under_review" | "won" | "lost" };

export type ApiShape = "current" | "old";

interface Payment {
  paymentIntentId: string;
  amount: number;
  refunded: number;
  invoice: PaidInvoice | null;
}

type Json = Record<string, unknown>;

export const prices = { price_pro: "PRO", price_team: "TEAM" } as Record<string, string>;
const periodMs = 30 * dayMs;

export class StripeModel {
  readonly events: { event: Stripe.Event; subscriptionsThen: Map<string, Json> }[] = [];
  readonly payments: Payment[] = [];
  /** The kind of product that each checkout session sold. */
  readonly sold = new Map<string, "usage_pack" | "time_pass" | "subscription">();
  private readonly subscriptions = new Map<string, Json>();
  private readonly disputes: Json[] = [];
  /** The latest invoice of each subscription that could not be collected. */
  private readonly unpaid = new Map<string, string>();
  private seconds = 1_700_000_000;
  private count = 0;

  constructor(private readonly shape: ApiShape) {}

  get nowMs(): number {
    return this.seconds * 1_000;
  }

  play(action: Action): void {
    const [id, subscription] = [...this.subscriptions].at(-1) ?? [];
    const isOpen = subscription !== undefined && subscription["status"] !== "canceled";
    switch (action.do) {
      case "wait":
        this.seconds += action.seconds;
        return;
      case "buy":
        this.buy(action.kind);
        return;
      case "subscribe":
        this.subscribe(action.trial);
        return;
      case "resolve":
        this.resolve(action.dispute, action.status);
        return;
      case "refund":
        this.refund(this.payments[action.payment % this.payments.length], action.parts, action.outcome);
        return;
      case "dispute":
        this.dispute(this.payments[action.payment % this.payments.length], action.parts, action.status);
        return;
    }
    if (!isOpen || id === undefined) return;
    switch (action.do) {
      case "renew":
        this.renew(id, subscription, action.paid);
        return;
      case "settle":
        if (subscription["status"] !== "past_due") return;
        // The customer pays the invoice that failed.
        this.invoice(id, true, this.unpaid.get(id));
        this.change(id, { status: "active" });
        return;
      case "cancel_at_period_end":
        this.change(id, { cancel_at_period_end: action.on });
        return;
      case "price":
        this.change(id, { items: this.buildItems(action.price, getPeriodEnd(subscription)) });
        return;
      case "collection":
        this.change(id, { pause_collection: action.paused ? { behavior: "void" } : null });
        return;
      case "pause":
        this.change(id, { status: action.on ? "paused" : "active" });
        return;
      case "cancel":
        this.change(id, { status: "canceled", ended_at: this.seconds }, "customer.subscription.deleted");
        return;
    }
  }

  /** Returns the subscription as a read after the last event would show it. */
  subscriptionNow(id: string): Json {
    const subscription = this.subscriptions.get(id);
    if (subscription === undefined) throw new Error(`no subscription ${id}`);
    return subscription;
  }

  private buy(kind: "usage_pack" | "time_pass"): void {
    const payment = this.pay(1_000, null);
    const session = this.id("cs");
    this.sold.set(session, kind);
    this.emit("checkout.session.completed", {
      id: session,
      payment_status: "paid",
      payment_intent: payment.paymentIntentId,
      amount_total: 1_000,
      currency: "eur",
      customer: "cus_1",
      metadata: buildMetadata(session),
    });
  }

  private subscribe(trial: boolean): void {
    const id = this.id("sub");
    const session = this.id("cs");
    this.sold.set(session, "subscription");
    const created: Json = {
      id,
      object: "subscription",
      status: trial ? "trialing" : "incomplete",
      start_date: this.seconds,
      customer: "cus_1",
      cancel_at_period_end: false,
      ended_at: null,
      pause_collection: null,
      metadata: buildMetadata(session),
      items: this.buildItems("price_pro", this.seconds + periodMs / 1_000),
    };
    this.subscriptions.set(id, created);
    this.emit("customer.subscription.created", this.shapedSubscription(created));
    if (!trial) {
      this.invoice(id, true);
      this.change(id, { status: "active" });
    }
    this.emit("checkout.session.completed", {
      id: session,
      payment_status: trial ? "no_payment_required" : "paid",
      payment_intent: null,
      subscription: id,
      amount_total: trial ? 0 : 1_000,
      currency: "eur",
      customer: "cus_1",
      metadata: buildMetadata(session),
    });
  }

  private renew(id: string, subscription: Json, paid: boolean): void {
    this.seconds = Math.max(this.seconds, getPeriodEnd(subscription));
    const price = itemsIn(subscription)[0]?.price.id ?? "price_pro";
    const items = this.buildItems(price, getPeriodEnd(subscription) + periodMs / 1_000);
    const wasTrial = subscription["status"] === "trialing";
    this.change(id, { items, ...(wasTrial ? { status: "active" } : {}) });
    this.invoice(id, paid);
    if (!paid) this.change(id, { status: "past_due" });
  }

  private change(
    id: string,
    change: Json,
    type: Stripe.Event["type"] = "customer.subscription.updated",
  ): void {
    const before = this.subscriptionNow(id);
    const after = { ...before, ...change };
    const changed = Object.keys(change).filter(
      (key) => JSON.stringify(before[key]) !== JSON.stringify(change[key]),
    );
    if (changed.length === 0) return;
    this.subscriptions.set(id, after);
    const previous = Object.fromEntries(changed.map((key) => [key, before[key]]));
    const isOver = type === "customer.subscription.deleted";
    this.emit(type, this.shapedSubscription(after), isOver ? undefined : this.shapedSubscription(previous));
  }

  private invoice(id: string, paid: boolean, invoiceId = this.id("in")): void {
    const subscription = this.subscriptionNow(id);
    if (!paid) this.unpaid.set(id, invoiceId);
    const end = getPeriodEnd(subscription);
    if (paid) this.pay(1_000, { invoiceId, subscriptionId: id, periodEnd: end * 1_000, amountPaid: 1_000 });
    const details = { subscription: id, metadata: subscription["metadata"] };
    const invoice: Json = {
      id: invoiceId,
      object: "invoice",
      customer: "cus_1",
      amount_paid: paid ? 1_000 : 0,
      lines: { data: [{ period: { start: end - periodMs / 1_000, end } }] },
      ...(this.shape === "current"
        ? { parent: { type: "subscription_details", subscription_details: details } }
        : { subscription: id, subscription_details: { metadata: details.metadata } }),
    };
    const types = paid
      ? (["invoice.paid", "invoice.payment_succeeded"] as const)
      : (["invoice.payment_failed"] as const);
    for (const type of types) this.emit(type, invoice);
  }

  private refund(payment: Payment | undefined, parts: number, outcome: "stays" | "fails"): void {
    if (payment === undefined) return;
    const amount = Math.min(payment.amount - payment.refunded, Math.ceil(payment.amount / parts));
    if (amount <= 0) return;
    const refund = {
      id: this.id("re"),
      object: "refund",
      amount,
      created: this.seconds,
      ...paymentIds(payment),
    };
    if (outcome === "stays") payment.refunded += amount;
    this.emit("refund.created", { ...refund, status: "pending" });
    this.emit("refund.updated", { ...refund, status: "succeeded" });
    if (outcome === "fails") this.emit("refund.failed", { ...refund, status: "failed" });
  }

  private dispute(payment: Payment | undefined, parts: number, status: string): void {
    if (payment === undefined) return;
    const amount = Math.ceil(payment.amount / parts);
    const dispute = {
      id: this.id("dp"),
      object: "dispute",
      amount,
      created: this.seconds,
      status,
      ...paymentIds(payment),
    };
    this.disputes.push(dispute);
    this.emit("charge.dispute.created", dispute);
  }

  private resolve(index: number, status: "under_review" | "won" | "lost"): void {
    const dispute = this.disputes[index % this.disputes.length];
    if (dispute === undefined || ["won", "lost", "warning_closed"].includes(String(dispute["status"])))
      return;
    const isInquiry = String(dispute["status"]).startsWith("warning");
    dispute["status"] = isInquiry
      ? status === "under_review"
        ? "warning_under_review"
        : "warning_closed"
      : status;
    this.emit(status === "under_review" ? "charge.dispute.updated" : "charge.dispute.closed", { ...dispute });
  }

  private pay(amount: number, invoice: PaidInvoice | null): Payment {
    const payment = { paymentIntentId: this.id("pi"), amount, refunded: 0, invoice };
    this.payments.push(payment);
    return payment;
  }

  private buildItems(price: string, periodEnd: number): Json {
    return { data: [{ id: "si_1", price: { id: price }, current_period_end: periodEnd }] };
  }

  /** Before 2025 the subscription had the period, not its items. */
  private shapedSubscription(subscription: Json): Json {
    if (this.shape === "current" || subscription["items"] === undefined) return subscription;
    const items = itemsIn(subscription).map(({ current_period_end: _, ...item }) => item);
    return { ...subscription, items: { data: items }, current_period_end: getPeriodEnd(subscription) };
  }

  private emit(type: Stripe.Event["type"], object: Json, previous?: Json): void {
    const event = {
      id: this.id("evt"),
      object: "event",
      type,
      created: this.seconds,
      livemode: false,
      data: structuredClone({ object, ...(previous === undefined ? {} : { previous_attributes: previous }) }),
    };
    this.events.push({
      event: event as unknown as Stripe.Event,
      subscriptionsThen: new Map(this.subscriptions),
    });
  }

  private id(prefix: string): string {
    return `${prefix}_${++this.count}`;
  }
}

function itemsIn(subscription: Json) {
  return (subscription["items"] as { data: { price: { id: string }; current_period_end: number }[] }).data;
}

const getPeriodEnd = (subscription: Json): number => itemsIn(subscription)[0]?.current_period_end ?? 0;

const paymentIds = ({ paymentIntentId }: Payment) => ({
  payment_intent: paymentIntentId,
  charge: paymentIntentId.replace("pi", "ch"),
});

function buildMetadata(sessionId: string): Record<string, string> {
  const [projectId, subjectRef, productCode] = ["prj_1", "user_1", "PRODUCT"];
  return buildLicenzyMetadata({
    projectId,
    mode: "test",
    subjectRef,
    productCode,
    attemptId: `att_${sessionId}`,
  });
}
