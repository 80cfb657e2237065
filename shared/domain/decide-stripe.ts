import { mergeTerms, type TermsRecord, termsRecordId } from "./allowance-terms.ts";
import { deriveWithAllowances } from "./derive-with-allowances.ts";
import type { Moment } from "./entitlement.ts";
import { grantPurchase, type PurchaseFact } from "./grant-purchase.ts";
import {
  applyEntry,
  type Cause,
  type EntryDraft,
  type SubjectState,
  type TouchedEntitlement,
} from "./ledger.ts";
import { mergeInvoice } from "./merge-invoice.ts";
import { mergeReversal, type ReversalFact } from "./merge-reversal.ts";
import { mergeObservations } from "./merge-subscription.ts";
import { readSignalRecord } from "./notices.ts";
import { settlePurchases } from "./reverse-purchase.ts";
import { mergeSignals, type SignalsFact } from "./signal-settings.ts";
import {
  hasEnded,
  type Observation,
  type PaymentRecord,
  type RecordedInvoice,
  type StripeRecord,
  type SubscriptionCheckout,
  type SubscriptionOrigin,
  type SubscriptionRecord,
} from "./stripe-record.ts";

/** Observations of a subscription. If an event required a read, the fact contains both observations. */
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

/** The outcome of one invoice of a subscription, and what it pays for. */
export interface InvoiceFact {
  type: "invoice";
  invoiceId: string;
  invoice: RecordedInvoice;
  subscriptionId: string;
  origin: SubscriptionOrigin;
}

/**
 * A fact from Stripe about one subject, ready to be merged. Its effect does not depend on when or how often
 * it arrives.
 */
export type SubjectFact =
  | PurchaseFact
  | SubscriptionFact
  | SubscriptionSoldFact
  | InvoiceFact
  | ReversalFact
  | TermsFact
  | SignalsFact;

/** Versions of what a product includes. A command has them before the facts of a subscription to the product. */
export type TermsFact = Pick<TermsRecord, "type" | "productCode" | "versions">;

export interface StripeDecisionContext {
  /** The project's setting: days that a past-due subscription stays usable. */
  graceDays: number;
  /**
   * Derives the entitlement id of a purchase or of a subscription's product, always the same for a source.
   */
  deriveEntitlementId: (source: string) => string;
}

export type StripeDecision =
  | { outcome: "change"; draft: EntryDraft }
  | { outcome: "unchanged" }
  /** The current state is unknown. Read the subscription from Stripe and merge it together with the fact. */
  | { outcome: "read_again"; subscriptionId: string };

type StripeDraft = Pick<EntryDraft, "operation" | "reason" | "touched" | "records">;

/** Merges one fact into the subject's records and derives the resulting entitlements. */
export function decideStripe(
  state: SubjectState,
  fact: SubjectFact,
  cause: Cause,
  context: StripeDecisionContext,
  now: Moment,
): StripeDecision {
  const isUnknown = fact.type === "subscription_sold" && resolveRecord(state, fact).observations.length === 0;
  if (isUnknown) return { outcome: "read_again", subscriptionId: fact.subscriptionId };
  if (fact.type === "subscription") {
    const known = resolveRecord(state, fact);
    const { record, isSettled } = mergeObservations(known, fact.observations);
    if (!isSettled) return { outcome: "read_again", subscriptionId: fact.subscriptionId };
    return toDecision(settleSubscription(state, record, "subscription", context, now), cause);
  }
  return toDecision(buildDraft(state, fact, context, now), cause);
}

function buildDraft(
  state: SubjectState,
  fact: Exclude<SubjectFact, SubscriptionFact>,
  context: StripeDecisionContext,
  now: Moment,
): StripeDraft {
  switch (fact.type) {
    case "purchase": {
      const { checkoutSessionId, paymentIntentId } = fact.purchase;
      const entitlementId = context.deriveEntitlementId(checkoutSessionId ?? paymentIntentId ?? "");
      const touched = grantPurchase(state, fact, entitlementId, now);
      return { operation: "grant", reason: "checkout_finalized", touched, records: [] };
    }
    case "subscription_sold": {
      const known = resolveRecord(state, fact);
      const record = { ...known, checkout: known.checkout ?? fact.checkout };
      return settleSubscription(state, record, "grant", context, now);
    }
    case "invoice": {
      const known = resolveRecord(state, fact);
      const invoices = mergeInvoice(known.invoices, fact.invoiceId, fact.invoice);
      const draft = settleSubscription(state, { ...known, invoices }, "invoice", context, now);
      const isPaid = invoices[fact.invoiceId]?.outcome === "paid";
      return { ...draft, reason: isPaid ? "invoice_payment_succeeded" : "invoice_payment_failed" };
    }
    case "refund":
    case "dispute": {
      const known = state.records.get(fact.paymentIntentId);
      const record = mergeReversal(known?.type === "payment" ? known : null, fact);
      const records = changedRecords(state, record);
      const touched = applyReversal(applyEntry(state, { touched: [], records }), record, context, now);
      return { operation: fact.type, reason: fact.type, touched, records };
    }
    case "terms":
      return learnTerms(state, fact, context, now);
    case "signals": {
      const record = mergeSignals(readSignalRecord(state), fact);
      const records = record === null ? [] : changedRecords(state, record);
      return { operation: "settings", reason: "signal_settings", touched: [], records };
    }
  }
}

/** Records a product's terms, and derives the allowances of every subscription to it again. */
function learnTerms(
  state: SubjectState,
  fact: TermsFact,
  context: StripeDecisionContext,
  now: Moment,
): StripeDraft {
  const known = state.records.get(termsRecordId(fact.productCode));
  const record = mergeTerms(known?.type === "terms" ? known : null, fact);
  const records = changedRecords(state, record);
  let next = applyEntry(state, { touched: [], records });
  const touched = new Map<string, TouchedEntitlement>();
  if (records.length > 0)
    for (const subscription of state.records.values()) {
      if (subscription.type !== "subscription") continue;
      const derived = deriveWithAllowances(next, subscription, context, now);
      next = applyEntry(next, { touched: derived, records: [] });
      for (const each of derived) {
        const units = [...(touched.get(each.entitlement.entitlementId)?.units ?? []), ...each.units];
        touched.set(each.entitlement.entitlementId, { ...each, units });
      }
    }
  return { operation: "allowance", reason: "allowance_terms", touched: [...touched.values()], records };
}

/** Drafts the entry for a subscription's record, with the entitlements derived from it. */
function settleSubscription(
  state: SubjectState,
  record: SubscriptionRecord,
  operation: "subscription" | "grant" | "invoice",
  context: StripeDecisionContext,
  now: Moment,
): StripeDraft {
  const records = changedRecords(state, record);
  const next = applyEntry(state, { touched: [], records });
  const latest = record.observations.at(-1);
  const isOver = latest !== undefined && hasEnded(latest.status);
  return {
    operation,
    reason:
      operation === "grant" ? "checkout_finalized" : isOver ? "subscription_deleted" : "subscription_updated",
    touched: deriveWithAllowances(next, record, context, now),
    records,
  };
}

/** Applies a refund or dispute to the purchase it belongs to, and to no other. */
function applyReversal(
  state: SubjectState,
  record: PaymentRecord,
  context: StripeDecisionContext,
  now: Moment,
): TouchedEntitlement[] {
  const subscription = record.invoice === null ? undefined : state.records.get(record.invoice.subscriptionId);
  if (subscription?.type === "subscription") return deriveWithAllowances(state, subscription, context, now);
  const bought = [...state.entitlements.values()].filter(
    ({ purchase }) => purchase?.paymentIntentId === record.recordId,
  );
  return settlePurchases(
    state.entitlements,
    bought.map((entitlement) => ({ entitlement, units: [] })),
    record,
    now,
  );
}

/** Returns the known record, or a new one, with the origin filled in from this fact. */
function resolveRecord(
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

/** Returns no record if it is unchanged, so that nothing is written. */
function changedRecords(state: SubjectState, record: StripeRecord): StripeRecord[] {
  const before = state.records.get(record.recordId);
  return before !== undefined && isSameRecord(before, record) ? [] : [record];
}

/** Most facts add an observation or add none. Then a record of hundreds of kilobytes is not written as JSON. */
function isSameRecord(before: StripeRecord, after: StripeRecord): boolean {
  if (before.type !== "subscription" || after.type !== "subscription")
    return JSON.stringify(before) === JSON.stringify(after);
  const { observations: known, ...others } = before;
  const { observations, ...rest } = after;
  if (known.length !== observations.length || JSON.stringify(others) !== JSON.stringify(rest)) return false;
  return (
    known.every((each, index) => each === observations[index]) ||
    JSON.stringify(known) === JSON.stringify(observations)
  );
}

function toDecision(draft: StripeDraft, cause: Cause): StripeDecision {
  if (draft.touched.length === 0 && draft.records.length === 0) return { outcome: "unchanged" };
  const isBySystem = cause.type === "product_terms" || cause.type === "signal_settings";
  const source = isBySystem ? ("system" as const) : ("stripe" as const);
  return { outcome: "change", draft: { ...draft, source, actor: null, idempotency: null, cause } };
}
