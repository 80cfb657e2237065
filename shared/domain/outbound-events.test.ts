import { describe, expect, it } from "vitest";
import { outboundEventDataSchema } from "../contract/outbound-event.ts";
import { decideConsume } from "./consume.ts";
import { buildManualEntry, decideManualAction } from "./decide-manual-action.ts";
import { decideStripe, type SubjectFact } from "./decide-stripe.ts";
import { dayMs, type Entitlement } from "./entitlement.ts";
import { decideExpire } from "./expire.ts";
import { applyEntry, type EntryDraft, emptyState, type LedgerEntry, type SubjectState } from "./ledger.ts";
import { buildOutboundEvents } from "./outbound-events.ts";
import type { Observation, SubscriptionOrigin } from "./stripe-record.ts";

const subject = { projectId: "prj_1", mode: "test" as const, subjectRef: "user_1" };
const origin: SubscriptionOrigin = {
  attemptId: "att_s",
  customerId: "cus_1",
  soldProductCode: "PRO",
  metadata: { order: "7" },
};

/** Plays a subject's history through the real decisions. Each step returns the events of its entry. */
class History {
  state: SubjectState = emptyState;
  sequence = 0;
  now = 1_000_000;

  take(draft: EntryDraft) {
    this.sequence++;
    const entry: LedgerEntry = { ...draft, sequence: this.sequence, at: this.now };
    const before = this.state;
    this.state = applyEntry(before, entry);
    const events = buildOutboundEvents(subject, before, entry);
    // Every payload must match the documented schema, and the same entry must always make the same events.
    for (const { data } of events) expect(() => outboundEventDataSchema.parse(data)).not.toThrow();
    expect(buildOutboundEvents(subject, before, entry)).toEqual(events);
    return events;
  }

  stripe(fact: SubjectFact) {
    const cause = { type: "stripe_event" as const, id: "evt_1", eventType: "x" };
    const context = { graceDays: 0, deriveEntitlementId: (source: string) => `ent_${source}` };
    const decision = decideStripe(this.state, fact, cause, context, this.now);
    if (decision.outcome !== "change") throw new Error(decision.outcome);
    return this.take(decision.draft);
  }

  buyPack(name: string, units: number) {
    return this.stripe(purchaseFact(name, { kind: "usage_pack", units, durationDays: null }, this.now));
  }

  consume(units: number) {
    const idempotency = { endpoint: "usage/consume" as const, key: `k${this.sequence}`, requestHash: "h" };
    const cause = { type: "request" as const, id: "req_1" };
    const decision = decideConsume(this.state.entitlements, { units, idempotency, cause }, this.now);
    if (decision.outcome !== "change") throw new Error(decision.outcome);
    return this.take(decision.draft);
  }

  observe(change: Partial<Observation>) {
    this.now += 1_000;
    const observation: Observation = {
      sourceId: `evt_${this.now}`,
      at: this.now,
      said: "read",
      previous: null,
      status: "active",
      items: [{ priceId: "price_1", productCode: "PRO", currentPeriodEnd: 30 * dayMs }],
      startedAt: 1_000_000,
      cancelAtPeriodEnd: false,
      endedAt: null,
      isCollectionPaused: false,
      ...change,
    };
    return this.stripe({
      type: "subscription",
      subscriptionId: "sub_1",
      origin,
      observations: [observation],
    });
  }
}

function purchaseFact(
  name: string,
  terms: { kind: "usage_pack" | "time_pass"; units: number | null; durationDays: number | null },
  paidAt: number,
): SubjectFact {
  return {
    type: "purchase",
    terms: { ...terms, productCode: terms.kind === "usage_pack" ? "CREDITS" : "PASS", expiresAfterDays: 30 },
    paidAt,
    paidAtFrom: "event",
    purchase: {
      attemptId: `att_${name}`,
      checkoutSessionId: `cs_${name}`,
      paymentIntentId: `pi_${name}`,
      subscriptionId: null,
      customerId: null,
      amountTotal: 4_900,
      currency: "eur",
      metadata: { order: name },
    },
  };
}

const eventTypes = (events: { type: string }[]) => events.map(({ type }) => type);

describe("outboundEvents", () => {
  it("outboundEvents() emits purchase.finalized with exactly the documented keys when a pack is bought", () => {
    const [event, ...others] = new History().buyPack("a", 1_000);
    expect(others).toEqual([]);
    expect(event).toEqual({
      type: "purchase.finalized",
      data: {
        subject_ref: "user_1",
        project_id: "prj_1",
        mode: "test",
        product_code: "CREDITS",
        kind: "usage_pack",
        status: "active",
        reason: "checkout_finalized",
        source: "stripe",
        entitlement_id: "ent_cs_a",
        attempt_id: "att_a",
        units: 1_000,
        usage_remaining: 1_000,
        amount_total: 4_900,
        currency: "eur",
        stripe_checkout_session_id: "cs_a",
        stripe_payment_intent_id: "pi_a",
        stripe_subscription_id: null,
        current_period_end: null,
        expires_at: new Date(1_000_000 + 30 * dayMs).toISOString(),
        canceled_at: null,
        actor_user_id: null,
        metadata: { order: "a" },
        created_at: new Date(1_000_000).toISOString(),
        updated_at: new Date(1_000_000).toISOString(),
        lots: null,
        reservation_id: null,
        decision_id: null,
        sequence: 1,
      },
    });
  });

  it("outboundEvents() emits entitlement.updated for each pass that a new pass moves", () => {
    const history = new History();
    history.stripe(purchaseFact("late", { kind: "time_pass", units: null, durationDays: 1 }, 900_000));
    const events = history.stripe(
      purchaseFact("early", { kind: "time_pass", units: null, durationDays: 1 }, 800_000),
    );
    expect(events.map(({ type, data }) => [type, data.entitlement_id, data.reason])).toEqual([
      ["purchase.finalized", "ent_cs_early", "checkout_finalized"],
      ["entitlement.updated", "ent_cs_late", "checkout_finalized"],
    ]);
    expect(events[0]?.data.usage_remaining).toBeNull();
  });

  it("outboundEvents() emits one usage.consumed, with lots when a consume draws from several packs", () => {
    const history = new History();
    history.buyPack("a", 100);
    const [one] = history.consume(30);
    expect(one).toMatchObject({
      type: "usage.consumed",
      data: {
        entitlement_id: "ent_cs_a",
        units: 30,
        usage_remaining: 70,
        lots: null,
        reason: "usage_consumed",
      },
    });
    history.now += 1_000;
    history.buyPack("b", 100);
    const [several, ...others] = history.consume(90);
    expect(others).toEqual([]);
    expect(several?.data).toMatchObject({
      entitlement_id: null,
      kind: "usage_pack",
      product_code: "CREDITS",
      units: 90,
      usage_remaining: 80,
      stripe_payment_intent_id: null,
      lots: [
        { entitlement_id: "ent_cs_a", units: 70 },
        { entitlement_id: "ent_cs_b", units: 20 },
      ],
    });
  });

  it("outboundEvents() emits entitlement.updated with the lost units when a pack expires", () => {
    const history = new History();
    history.buyPack("a", 100);
    history.consume(40);
    history.now += 31 * dayMs;
    const draft = decideExpire(history.state.entitlements, history.now);
    if (draft === null) throw new Error("nothing expired");
    expect(history.take(draft)).toMatchObject([
      {
        type: "entitlement.updated",
        data: { status: "expired", reason: "expired", source: "system", units: -60, usage_remaining: 0 },
      },
    ]);
  });

  it("outboundEvents() emits entitlement.updated on a full refund, and no event on a partial one", () => {
    const history = new History();
    history.buyPack("a", 100);
    const refund = (amount: number): SubjectFact => ({
      type: "refund",
      paymentIntentId: "pi_a",
      invoice: null,
      refund: {
        id: `re_${amount}`,
        amount,
        status: "succeeded",
        createdAt: history.now,
        version: history.now,
      },
    });
    expect(history.stripe(refund(100))).toEqual([]);
    expect(history.stripe(refund(4_800))).toMatchObject([
      {
        type: "entitlement.updated",
        data: { status: "canceled", reason: "refund", units: -100, usage_remaining: 0, attempt_id: "att_a" },
      },
    ]);
  });

  it("outboundEvents() reports a dispute hold, and who lifts it without the text of the reason", () => {
    const history = new History();
    history.buyPack("a", 100);
    const dispute: SubjectFact = {
      type: "dispute",
      paymentIntentId: "pi_a",
      invoice: null,
      dispute: {
        id: "dp_1",
        amount: 4_900,
        status: "needs_response",
        createdAt: history.now,
        version: history.now,
      },
    };
    expect(history.stripe(dispute)).toMatchObject([
      { type: "entitlement.updated", data: { status: "past_due", reason: "dispute", usage_remaining: 0 } },
    ]);
    const [held] = history.state.entitlements.values() as Iterable<Entitlement>;
    const { entitlementId = "", holds = [] } = held ?? {};
    const action = { type: "lift_hold" as const, entitlementId, causeId: holds[0]?.causeId ?? "" };
    const context = { deriveEntitlementId: (source: string) => source, actionId: "action" };
    const decision = decideManualAction(history.state, action, context, history.now);
    if (decision.outcome !== "change") throw new Error(decision.outcome);
    const draft = buildManualEntry(decision, {
      reason: "goodwill: customer is my uncle",
      actor: "usr_1",
      cause: { type: "operator", actorName: "Ada", action, undoes: null },
      idempotency: null,
    });
    expect(history.take(draft)).toMatchObject([
      {
        type: "entitlement.updated",
        data: {
          status: "active",
          reason: "hold_lifted",
          source: "portal",
          actor_user_id: "usr_1",
          stripe_payment_intent_id: null,
          stripe_checkout_session_id: null,
        },
      },
    ]);
  });

  it("outboundEvents() emits an event for each step from a subscription's creation to its deletion", () => {
    const history = new History();
    const created = history.observe({ said: "created" });
    expect(created).toMatchObject([
      {
        type: "subscription.updated",
        data: {
          reason: "subscription_updated",
          kind: "subscription",
          status: "active",
          stripe_subscription_id: "sub_1",
          metadata: { order: "7" },
          units: null,
          usage_remaining: null,
        },
      },
    ]);
    const checkout = { sessionId: "cs_s", amountTotal: 2_900, currency: "eur" };
    const sold = history.stripe({ type: "subscription_sold", subscriptionId: "sub_1", origin, checkout });
    expect(sold).toMatchObject([
      {
        type: "purchase.finalized",
        data: {
          kind: "subscription",
          amount_total: 2_900,
          stripe_checkout_session_id: "cs_s",
          attempt_id: "att_s",
        },
      },
    ]);
    const invoice = (outcome: "paid" | "failed"): SubjectFact => ({
      type: "invoice",
      invoiceId: "in_1",
      subscriptionId: "sub_1",
      origin,
      invoice: { outcome, periodEnd: 30 * dayMs },
    });
    expect(history.stripe(invoice("failed"))).toMatchObject([
      { type: "invoice.payment_failed", data: { reason: "invoice_payment_failed", product_code: "PRO" } },
    ]);
    expect(history.observe({ status: "past_due" })).toMatchObject([
      { type: "subscription.updated", data: { status: "past_due" } },
    ]);
    expect(eventTypes(history.stripe(invoice("paid")))).toEqual(["invoice.payment_succeeded"]);
    expect(history.observe({ said: "deleted", status: "canceled", endedAt: history.now })).toMatchObject([
      { type: "subscription.deleted", data: { status: "canceled", reason: "subscription_deleted" } },
    ]);
  });

  it("outboundEvents() emits no event when an entry changes nothing that a receiver can see", () => {
    const history = new History();
    history.observe({});
    expect(history.observe({})).toEqual([]);
    expect(history.observe({ isCollectionPaused: true })).toEqual([]);
  });
});
