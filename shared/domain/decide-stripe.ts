import { settleOneTime } from "./derive-one-time.ts";
import { deriveSubscription } from "./derive-subscription.ts";
import type { Moment } from "./entitlement.ts";
import { grantPurchase, type PurchaseFact } from "./grant-purchase.ts";
import { applyEntry, type Cause, type EntryDraft, type SubjectState, type Touched } from "./ledger.ts";
import { mergeReversal, type ReversalFact } from "./merge-payment.ts";
import { mergeObservations } from "./merge-subscription.ts";
import {
  hasEnded,
  type NotedInvoice,
  type Observation,
  type PaymentRecord,
  type StripeRecord,
  type SubscriptionCheckout,
  type SubscriptionOrigin,
  type SubscriptionRecord,
} from "./stripe-record.ts";

/** What is known of a subscription. More than one observation: what an event said, and the read that it asked for. */
export interface SubscriptionFact {
  type: "subscription";
  subscriptionId: string;
  origin: SubscriptionOrigin;
  observations: Observation[];
}

/** The Checkout session that sold a subscription is paid. Access follows the subscription's own status. */
export interface SubscriptionSoldFact {
  type: "subscription_sold";
  subscriptionId: string;
  origin: SubscriptionOrigin;
  checkout: SubscriptionCheckout;
}

export interface InvoiceFact extends NotedInvoice {
  type: "invoice";
  invoiceId: string;
  subscriptionId: string;
  origin: SubscriptionOrigin;
}

/** What Stripe told about one subject, ready to be merged: nothing of it depends on when or how often it is told. */
export type SubjectFact = PurchaseFact | SubscriptionFact | SubscriptionSoldFact | InvoiceFact | ReversalFact;

export interface StripeContext {
  /** Of the project. */
  graceDays: number;
  /** Names the entitlement of a purchase or of a subscription's product, always alike. */
  entitlementIdOf: (source: string) => string;
}

export type StripeDecision =
  | { outcome: "change"; draft: EntryDraft }
  | { outcome: "unchanged" }
  /** Only Stripe can tell what it is now: read the subscription, and merge that together with the fact. */
  | { outcome: "read_again"; subscriptionId: string };

type Drafted = Pick<EntryDraft, "operation" | "reason" | "touched" | "records">;

/** Merges one fact into the subject's records and derives what its entitlements are then. */
export function decideStripe(
  state: SubjectState,
  fact: SubjectFact,
  cause: Cause,
  context: StripeContext,
  now: Moment,
): StripeDecision {
  const isUnknown =
    fact.type === "subscription_sold" && subscriptionOf(state, fact).observations.length === 0;
  if (isUnknown) return { outcome: "read_again", subscriptionId: fact.subscriptionId };
  if (fact.type === "subscription") {
    const known = subscriptionOf(state, fact);
    const { record, isSettled } = mergeObservations(known, fact.observations);
    if (!isSettled) return { outcome: "read_again", subscriptionId: fact.subscriptionId };
    return outcomeOf(settleSubscription(state, record, "subscription", context, now), cause);
  }
  return outcomeOf(draftOf(state, fact, context, now), cause);
}

function draftOf(
  state: SubjectState,
  fact: Exclude<SubjectFact, SubscriptionFact>,
  context: StripeContext,
  now: Moment,
): Drafted {
  switch (fact.type) {
    case "purchase": {
      const { checkoutSessionId, paymentIntentId } = fact.purchase;
      const entitlementId = context.entitlementIdOf(checkoutSessionId ?? paymentIntentId ?? "");
      const touched = grantPurchase(state, fact, entitlementId, now);
      return { operation: "grant", reason: "checkout_finalized", touched, records: [] };
    }
    case "subscription_sold": {
      const known = subscriptionOf(state, fact);
      const record = { ...known, checkout: known.checkout ?? fact.checkout };
      return settleSubscription(state, record, "grant", context, now);
    }
    case "invoice": {
      const known = subscriptionOf(state, fact);
      const before = known.invoices[fact.invoiceId];
      // A paid invoice stays paid: the failure of an earlier try may be told later.
      const outcome = before?.outcome === "paid" ? "paid" : fact.outcome;
      const noted: NotedInvoice = { outcome, periodEnd: before?.periodEnd ?? fact.periodEnd };
      const record = { ...known, invoices: { ...known.invoices, [fact.invoiceId]: noted } };
      const draft = settleSubscription(state, record, "invoice", context, now);
      return {
        ...draft,
        reason: outcome === "paid" ? "invoice_payment_succeeded" : "invoice_payment_failed",
      };
    }
    case "refund":
    case "dispute": {
      const known = state.records.get(fact.paymentIntentId);
      const record = mergeReversal(known?.type === "payment" ? known : null, fact);
      const records = changedRecords(state, record);
      const touched = reversalTouched(applyEntry(state, { touched: [], records }), record, context, now);
      return { operation: fact.type, reason: fact.type, touched, records };
    }
  }
}

/** The subscription's record and what its entitlements are then. */
function settleSubscription(
  state: SubjectState,
  record: SubscriptionRecord,
  operation: "subscription" | "grant" | "invoice",
  context: StripeContext,
  now: Moment,
): Drafted {
  const records = changedRecords(state, record);
  const next = applyEntry(state, { touched: [], records });
  const latest = record.observations.at(-1);
  const isOver = latest !== undefined && hasEnded(latest.status);
  return {
    operation,
    reason:
      operation === "grant" ? "checkout_finalized" : isOver ? "subscription_deleted" : "subscription_updated",
    touched: subscriptionTouched(next, record, context, now),
    records,
  };
}

function subscriptionTouched(
  state: SubjectState,
  record: SubscriptionRecord,
  { graceDays, entitlementIdOf }: StripeContext,
  now: Moment,
): Touched[] {
  const ofProduct = (productCode: string) => entitlementIdOf(`${record.recordId}/${productCode}`);
  return deriveSubscription(state, record, { graceDays, entitlementIdOf: ofProduct }, now);
}

/** A reversal touches the purchase it belongs to and no other. */
function reversalTouched(
  state: SubjectState,
  record: PaymentRecord,
  context: StripeContext,
  now: Moment,
): Touched[] {
  const subscription = record.invoice === null ? undefined : state.records.get(record.invoice.subscriptionId);
  if (subscription?.type === "subscription") return subscriptionTouched(state, subscription, context, now);
  const bought = [...state.entitlements.values()].filter(
    ({ purchase }) => purchase?.paymentIntentId === record.recordId,
  );
  return settleOneTime(
    state.entitlements,
    bought.map((entitlement) => ({ entitlement, units: [] })),
    record,
    now,
  );
}

/** The record as far as it is known, with what this fact says of its origin. */
function subscriptionOf(
  state: SubjectState,
  { subscriptionId: recordId, origin }: { subscriptionId: string; origin: SubscriptionOrigin },
): SubscriptionRecord {
  const known = state.records.get(recordId);
  if (known?.type !== "subscription")
    return { type: "subscription", recordId, ...origin, checkout: null, observations: [], invoices: {} };
  return {
    ...known,
    attemptId: known.attemptId ?? origin.attemptId,
    customerId: known.customerId ?? origin.customerId,
    soldProductCode: known.soldProductCode ?? origin.soldProductCode,
    metadata: known.metadata ?? origin.metadata,
  };
}

/** Nothing when the record is what it was: nothing is written then. */
function changedRecords(state: SubjectState, record: StripeRecord): StripeRecord[] {
  const before = state.records.get(record.recordId);
  return before !== undefined && JSON.stringify(before) === JSON.stringify(record) ? [] : [record];
}

function outcomeOf(draft: Drafted, cause: Cause): StripeDecision {
  if (draft.touched.length === 0 && draft.records.length === 0) return { outcome: "unchanged" };
  return { outcome: "change", draft: { ...draft, source: "stripe", actor: null, idempotency: null, cause } };
}
