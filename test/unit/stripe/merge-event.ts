import type Stripe from "stripe";
import { applyClock, listClockEntries } from "../../../shared/domain/clock-entries.ts";
import {
  decideStripe,
  type SubjectFact,
  type SubscriptionFact,
  type TermsFact,
} from "../../../shared/domain/decide-stripe.ts";
import { decideAccess } from "../../../shared/domain/decision.ts";
import type { GrantTerms } from "../../../shared/domain/entitlement.ts";
import { decideExpire } from "../../../shared/domain/expire.ts";
import type { PurchaseFact } from "../../../shared/domain/grant-purchase.ts";
import { applyEntry, type EntryDraft, emptyState, type SubjectState } from "../../../shared/domain/ledger.ts";
import type { Observation, RecordedInvoice } from "../../../shared/domain/stripe-record.ts";
import { parseStripeEvent } from "../../../shared/stripe/parse-event.ts";
import { type ParsedInvoice, parseCoveringLines } from "../../../shared/stripe/parse-invoice.ts";
import { type ParsedSubscription, parseSubscription } from "../../../shared/stripe/parse-subscription.ts";
import { isMisreading } from "./misreading.ts";
import { prices } from "./model/prices.ts";
import { packDays, passDays, sessionSeconds } from "./model/purchases.ts";
import type { EmittedEvent } from "./model/world.ts";
import type { StripeModel } from "./stripe-model.ts";

const deriveEntitlementId = (source: string) => `ent_${source}`;
const cause = { type: "clock" } as const;

const terms: Record<"usage_pack" | "time_pass", GrantTerms> = {
  usage_pack: {
    kind: "usage_pack",
    productCode: "CREDITS",
    units: 100,
    durationDays: null,
    expiresAfterDays: packDays,
  },
  time_pass: {
    kind: "time_pass",
    productCode: "PASS",
    units: null,
    durationDays: passDays,
    expiresAfterDays: null,
  },
};

/** Returns one subscription as it is at the time of the call. */
export type Read = (subscriptionId: string) => { subscription: object; at: number };

type SoldSession = { sessionId: string } & Pick<
  PurchaseFact["purchase"],
  "paymentIntentId" | "amountTotal" | "currency" | "customerId"
>;

const noRead: Read = (id) => {
  throw new Error(`unexpected read of ${id}`);
};

/** Applies events as the runtime does. The model answers its lookups. */
export class Merger {
  state: SubjectState = emptyState;
  /** The entries that led to `state`, oldest first. */
  readonly entries: { draft: EntryDraft; at: number }[] = [];
  private reads = 0;
  private readonly context: { graceDays: number; deriveEntitlementId: typeof deriveEntitlementId };

  constructor(
    private readonly model: StripeModel,
    graceDays = 3,
    /** What the products include. The runtime sends it before the facts of a subscription. */
    private readonly includes: TermsFact[] = [],
  ) {
    this.context = { graceDays, deriveEntitlementId };
  }

  apply(draft: EntryDraft, at: number): void {
    this.entries.push({ draft, at });
    this.state = applyEntry(this.state, draft);
  }

  merge(event: Stripe.Event, read: Read, now: number): void {
    for (const fact of this.factsOf(event, read)) {
      if ("subscriptionId" in fact) for (const terms of this.includes) this.mergeFact(terms, noRead, now);
      this.mergeFact(fact, read, now);
    }
  }

  /** Records what expired by `now`, as the alarm does. */
  expire(now: number): void {
    const draft = decideExpire(this.state.entitlements, now);
    if (draft !== null) this.apply(draft, now);
  }

  /**
   * Reads the purchases that are paid by `now`. Without `hasBalance` the key can't read balance transactions.
   */
  readPurchases(now: number, hasBalance: boolean): void {
    for (const { sessionId, payment, method, paidAt, begunAt, sessionCreatedAt } of this.model.truth
      .purchases) {
      if (paidAt === null || paidAt * 1_000 > now) continue;
      const time = {
        card: { at: paidAt * 1_000, from: hasBalance ? "read" : "estimate" },
        debit: { at: (hasBalance ? paidAt : begunAt) * 1_000, from: hasBalance ? "read" : "estimate" },
        free: { at: Math.min(now, (sessionCreatedAt + sessionSeconds) * 1_000), from: "estimate" },
      } as const;
      const { amount, currency } = payment;
      const paymentIntentId = method === "free" ? null : payment.id;
      const session = { sessionId, paymentIntentId, amountTotal: amount, currency, customerId: "cus_1" };
      const { at, from } = time[method];
      this.mergeFact(this.purchaseFact(session, at, from), noRead, now);
    }
  }

  /**
   * Merges what Stripe has of every subscription at the moment of the last of these events: the read of an import. Each
   * invoice, refund and dispute is as its latest event says.
   */
  adopt(events: readonly EmittedEvent[], now: number): void {
    const last = events.at(-1);
    if (last === undefined) return;
    const created = Math.max(...events.map(({ event }) => event.created));
    const read: Read = (id) => ({ subscription: last.subscriptionsThen.get(id) ?? {}, at: created * 1_000 });
    for (const id of last.subscriptionsThen.keys())
      this.mergeFact(this.subscriptionFact(id, this.observe(id, read)), read, now);
    const latest = new Map<string, Stripe.Event>();
    for (const { event } of events) {
      const { object, id } = event.data.object as { object: string; id: string };
      if (["invoice", "refund", "dispute"].includes(object)) latest.set(id, event);
    }
    for (const event of latest.values()) this.merge({ ...event, created }, read, now);
  }

  /**
   * Returns the entitlements and the decision at `now`, without the values that depend only on the time of
   * writing or of the last read from Stripe, and without the traces of events that were missing for a while.
   */
  result(now: number) {
    const present = applyClock(this.state, this.headAt(), now);
    const draft = decideExpire(present.entitlements, now);
    const { entitlements } = draft === null ? present : applyEntry(present, draft);
    const shown = [...entitlements.values()]
      .filter((entitlement) => !isMisreading(entitlement, this.model.truth))
      .map(({ createdAt: _, updatedAt: __, flags, ...entitlement }) => ({
        ...entitlement,
        flags: flags.filter((flag) => flag !== "period_overdue"),
      }))
      .toSorted((a, b) => (a.entitlementId < b.entitlementId ? -1 : 1));
    const decision = decideAccess(
      shown.map((each) => ({ ...each, createdAt: 0, updatedAt: 0 })),
      now,
    );
    return { entitlements: shown, decision };
  }

  private headAt(): number {
    return this.entries.at(-1)?.at ?? 0;
  }

  private mergeFact(fact: SubjectFact, read: Read, arrivedAt: number): void {
    // As `changeSubject` does: a decision is never earlier than the last entry. An event can be older than the one before.
    const now = Math.max(arrivedAt, this.headAt());
    for (const { draft, at } of listClockEntries(this.state, this.headAt(), now)) this.apply(draft, at);
    const decision = decideStripe(this.state, fact, cause, this.context, now);
    switch (decision.outcome) {
      case "unchanged":
        return;
      case "change":
        this.apply(decision.draft, now);
        return;
      case "read_again": {
        const observation = this.observe(decision.subscriptionId, read);
        const again: SubjectFact[] =
          fact.type === "subscription"
            ? [{ ...fact, observations: [...fact.observations, observation] }]
            : [this.subscriptionFact(decision.subscriptionId, observation), fact];
        for (const each of again) {
          const retried = decideStripe(this.state, each, cause, this.context, now);
          if (retried.outcome === "read_again") throw new Error("one read was not enough");
          if (retried.outcome === "change") this.apply(retried.draft, now);
        }
      }
    }
  }

  private factsOf(event: Stripe.Event, read: Read): SubjectFact[] {
    const fact = parseStripeEvent(event);
    switch (fact.type) {
      case "session": {
        const { sessionId, subscriptionId, paymentIntentId, amountTotal, currency, customerId } = fact;
        if (fact.outcome !== "paid") return [];
        if (subscriptionId !== null)
          return [
            {
              type: "subscription_sold",
              subscriptionId,
              origin: this.originOf(subscriptionId),
              checkout: { sessionId, amountTotal, currency },
            },
          ];
        return [
          this.purchaseFact(
            { sessionId, paymentIntentId, amountTotal, currency, customerId },
            fact.at,
            "event",
          ),
        ];
      }
      case "subscription":
        return [this.completeFact(fact, read)];
      case "invoice": {
        const { invoiceId } = fact;
        const subscriptionId = fact.subscriptionId ?? "";
        const origin = this.originOf(subscriptionId);
        return [
          this.subscriptionFact(subscriptionId, this.observe(subscriptionId, read)),
          { type: "invoice", invoiceId, subscriptionId, invoice: this.recordInvoice(fact), origin },
        ];
      }
      case "refund":
        return [{ ...fact, ...this.paymentOf(fact.paymentIntentId) }];
      case "dispute":
        return [{ ...fact, ...this.paymentOf(fact.paymentIntentId) }];
      default:
        throw new Error(`unexpected: ${event.type}`);
    }
  }

  private purchaseFact(
    { sessionId, ...sold }: SoldSession,
    paidAt: number,
    paidAtFrom: PurchaseFact["paidAtFrom"],
  ): PurchaseFact {
    const ids = { attemptId: "att_1", checkoutSessionId: sessionId, subscriptionId: null };
    const purchase = { ...sold, ...ids, metadata: {} };
    return { type: "purchase", terms: terms[this.model.soldBy(sessionId)], paidAt, paidAtFrom, purchase };
  }

  private paymentOf(paymentIntentId: string | null) {
    const { id, invoiceId } = this.model.paymentOf(paymentIntentId);
    if (invoiceId === null) return { paymentIntentId: id, invoice: null };
    const { subscriptionId, amountPaid, paidAt, currency } = this.model.findInvoice(invoiceId);
    const terms = { periodEnd: null, amountPaid, currency, paidAt: paidAt === null ? null : paidAt * 1_000 };
    const lines = paidAt === null ? [] : toCoveringLines(this.model.linesOf(invoiceId));
    return { paymentIntentId: id, invoice: { invoiceId, subscriptionId, ...terms, lines } };
  }

  /** Returns the invoice with all its lines. An event contains the first ones only. */
  private recordInvoice({
    invoiceId,
    outcome,
    lines,
    hasMoreLines,
    ...terms
  }: ParsedInvoice): RecordedInvoice {
    if (outcome === "failed") return { outcome, periodEnd: null };
    const { amountPaid, currency, paidAt } = terms;
    const all = hasMoreLines ? toCoveringLines(this.model.linesOf(invoiceId)) : addProducts(lines);
    return { outcome, periodEnd: null, amountPaid, currency, paidAt, lines: all };
  }

  private originOf(subscriptionId: string) {
    const checkout = this.model.checkoutOf(subscriptionId);
    return {
      attemptId: checkout === null ? null : `att_${checkout.sessionId}`,
      customerId: "cus_1",
      soldProductCode: checkout?.productCode ?? null,
      metadata: checkout === null ? null : {},
    };
  }

  /** Returns the event's state, and a read of the items that are not in it. */
  private completeFact({ subscriptionId, observation }: ParsedSubscription, read: Read): SubscriptionFact {
    const fact = this.subscriptionFact(subscriptionId, observation);
    if (!observation.hasMoreItems) return fact;
    return { ...fact, observations: [...fact.observations, this.observe(subscriptionId, read)] };
  }

  private subscriptionFact(subscriptionId: string, observation: Observation): SubscriptionFact {
    const origin = this.originOf(subscriptionId);
    return { type: "subscription", subscriptionId, origin, observations: [withProducts(observation)] };
  }

  private observe(subscriptionId: string, read: Read): Observation {
    const { subscription, at } = read(subscriptionId);
    const sourceId = `read_${String(++this.reads).padStart(6, "0")}`;
    const saying = { sourceId, said: "read" as const, at };
    return withProducts(parseSubscription(subscription as Stripe.Subscription, saying, null).observation);
  }
}

function withProducts(observation: Observation): Observation {
  return { ...observation, items: addProducts(observation.items) };
}

function addProducts<T extends { priceId: string }>(priced: T[]) {
  return priced.map((each) => ({ ...each, productCode: prices[each.priceId] ?? null }));
}

const toCoveringLines = (lines: unknown[]) =>
  addProducts(parseCoveringLines(lines as Stripe.InvoiceLineItem[]));
