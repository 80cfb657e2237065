import type Stripe from "stripe";
import { decideStripe, type SubjectFact } from "../../../shared/domain/decide-stripe.ts";
import { decideAccess } from "../../../shared/domain/decision.ts";
import type { GrantTerms } from "../../../shared/domain/entitlement.ts";
import { decideExpire } from "../../../shared/domain/expire.ts";
import { applyEntry, emptyState, type SubjectState } from "../../../shared/domain/ledger.ts";
import type { Observation } from "../../../shared/domain/stripe-record.ts";
import { parseStripeEvent } from "../../../shared/stripe/parse-event.ts";
import { parseSubscription } from "../../../shared/stripe/parse-subscription.ts";
import { prices, type StripeModel } from "./stripe-model.ts";

const context = { graceDays: 3, deriveEntitlementId: (source: string) => `ent_${source}` };
const cause = { type: "clock" } as const;
const origin = { attemptId: "att_1", customerId: "cus_1", soldProductCode: "PRO", metadata: {} };

const terms: Record<"usage_pack" | "time_pass", GrantTerms> = {
  usage_pack: {
    kind: "usage_pack",
    productCode: "CREDITS",
    units: 100,
    durationDays: null,
    expiresAfterDays: 20,
  },
  time_pass: { kind: "time_pass", productCode: "PASS", units: null, durationDays: 5, expiresAfterDays: null },
};

/** Returns one subscription as it is at the time of the call. */
export type Read = (subscriptionId: string) => { subscription: object; at: number };

/** Applies events as the runtime does. The model answers its lookups. */
export class Merger {
  state: SubjectState = emptyState;
  private reads = 0;

  constructor(private readonly model: StripeModel) {}

  merge(event: Stripe.Event, read: Read, now: number): void {
    for (const fact of this.factsOf(event, read)) this.mergeFact(fact, read, now);
  }

  /**
   * Returns the entitlements and the decision at `now`, without the values that depend only on the time of
   * writing or of the last read from Stripe.
   */
  result(now: number) {
    const draft = decideExpire(this.state.entitlements, now);
    const { entitlements } = draft === null ? this.state : applyEntry(this.state, draft);
    const shown = [...entitlements.values()]
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

  private mergeFact(fact: SubjectFact, read: Read, now: number): void {
    const decision = decideStripe(this.state, fact, cause, context, now);
    switch (decision.outcome) {
      case "unchanged":
        return;
      case "change":
        this.state = applyEntry(this.state, decision.draft);
        return;
      case "read_again": {
        const observation = this.observe(decision.subscriptionId, read);
        const again: SubjectFact[] =
          fact.type === "subscription"
            ? [{ ...fact, observations: [...fact.observations, observation] }]
            : [this.subscriptionFact(decision.subscriptionId, observation), fact];
        for (const each of again) {
          const retried = decideStripe(this.state, each, cause, context, now);
          if (retried.outcome === "read_again") throw new Error("one read was not enough");
          if (retried.outcome === "change") this.state = applyEntry(this.state, retried.draft);
        }
      }
    }
  }

  private factsOf(event: Stripe.Event, read: Read): SubjectFact[] {
    const fact = parseStripeEvent(event);
    switch (fact.type) {
      case "session": {
        const { sessionId, subscriptionId, paymentIntentId, amountTotal, currency, customerId } = fact;
        if (subscriptionId !== null)
          return [
            {
              type: "subscription_sold",
              subscriptionId,
              origin,
              checkout: { sessionId, amountTotal, currency },
            },
          ];
        const kind = this.model.sold.get(sessionId);
        if (kind === undefined || kind === "subscription")
          throw new Error(`no sale for session ${sessionId}`);
        const ids = {
          attemptId: "att_1",
          checkoutSessionId: sessionId,
          paymentIntentId,
          subscriptionId,
          customerId,
        };
        const purchase = { ...ids, amountTotal, currency, metadata: {} };
        return [{ type: "purchase", terms: terms[kind], paidAt: fact.at, purchase }];
      }
      case "subscription":
        return [this.subscriptionFact(fact.subscriptionId, fact.observation)];
      case "invoice": {
        const { invoiceId, outcome, periodEnd } = fact;
        const subscriptionId = fact.subscriptionId ?? "";
        return [
          this.subscriptionFact(subscriptionId, this.observe(subscriptionId, read)),
          { type: "invoice", invoiceId, subscriptionId, outcome, periodEnd, origin },
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

  private paymentOf(paymentIntentId: string | null) {
    const payment = this.model.payments.find((each) => each.paymentIntentId === paymentIntentId);
    if (payment === undefined) throw new Error(`no payment ${paymentIntentId}`);
    return { paymentIntentId: payment.paymentIntentId, invoice: payment.invoice };
  }

  private subscriptionFact(subscriptionId: string, observation: Observation): SubjectFact {
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
  const items = observation.items.map((item) => ({ ...item, productCode: prices[item.priceId] ?? null }));
  return { ...observation, items };
}
