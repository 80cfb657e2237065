import { dataOf } from "../../../shared/db/databases.ts";
import type { InvoiceFact, SubjectFact, SubscriptionFact } from "../../../shared/domain/decide-stripe.ts";
import type { Observation, PaidInvoice, SubscriptionOrigin } from "../../../shared/domain/stripe-record.ts";
import type { ParsedInvoice } from "../../../shared/stripe/parse-invoice.ts";
import { findProductsOfPrices } from "../db/products.ts";
import { recordObjectOwner } from "../db/stripe-objects.ts";
import { callSubject } from "../subject-stub.ts";
import { addTerms } from "./add-terms.ts";
import { type ConnectionContext, toSubjectIdentity } from "./connection-context.ts";
import { buildCheckoutOrigin, type NoOwner, type Owner } from "./find-owner.ts";
import { readAllLines, readCurrentSubscription } from "./read-from-stripe.ts";

/** The result of facts that were merged into a subject. */
export interface Merged {
  outcome: "merged";
  subjectRef: string;
  /** Number of changes in the ledger or the checkout attempt; 0 if every fact was known. */
  changes: number;
  /** The last sequence of the subject's ledger after the merge; absent if the subject was not called. */
  sequence?: number;
  /** What an operator should compare with Stripe. Stored as the event's detail. */
  flag?: string | null;
}

/** The result of applying an event: its facts were merged, or the event has no owner here. */
export type ApplyResult = Merged | NoOwner;

/** Builds the fact of a subscription's observation, with the product of each price. */
export async function buildSubscriptionFact(
  context: ConnectionContext,
  subscriptionId: string,
  origin: SubscriptionOrigin,
  observation: Observation,
): Promise<SubscriptionFact> {
  const items = await addProducts(context, observation.items);
  return { type: "subscription", subscriptionId, origin, observations: [{ ...observation, items }] };
}

/** Builds the fact of an invoice, with the product of each line's price. An unpaid one covers nothing. */
export async function buildInvoiceFact(
  context: ConnectionContext,
  owner: Owner,
  subscriptionId: string,
  invoice: ParsedInvoice,
): Promise<InvoiceFact> {
  const { invoiceId, outcome, customerId } = invoice;
  const { amountPaid, currency, paidAt, lines, periodEnd } = await buildPaidInvoice(
    context,
    subscriptionId,
    invoice,
  );
  const terms = outcome === "paid" ? { periodEnd, amountPaid, currency, paidAt, lines } : { periodEnd };
  const origin = buildCheckoutOrigin(owner, customerId);
  return { type: "invoice", invoiceId, subscriptionId, origin, invoice: { outcome, ...terms } };
}

/**
 * Builds what a payment's record keeps of the invoice that it paid. A part of an open invoice pays for
 * nothing.
 */
export async function buildPaidInvoice(
  context: ConnectionContext,
  subscriptionId: string,
  invoice: ParsedInvoice,
): Promise<Required<PaidInvoice>> {
  const { invoiceId, amountPaid, currency, paidAt } = invoice;
  const covering = invoice.outcome === "paid" ? await readAllLines(context, invoice) : [];
  const lines = await addProducts(context, covering);
  const ends = lines.map(({ end }) => end);
  const periodEnd = ends.length === 0 ? null : Math.max(...ends);
  return { invoiceId, subscriptionId, periodEnd, amountPaid, currency, paidAt, lines };
}

async function addProducts<T extends { priceId: string }>(
  { env, connection }: ConnectionContext,
  priced: T[],
): Promise<(T & { productCode: string | null })[]> {
  const priceIds = [...new Set(priced.map(({ priceId }) => priceId))];
  const products = await findProductsOfPrices(env.DB, connection, priceIds);
  return priced.map((each) => ({ ...each, productCode: products.get(each.priceId) ?? null }));
}

/** Reads the subscription from Stripe and returns its current state as a fact. */
export async function readSubscriptionFact(
  context: ConnectionContext,
  owner: Owner,
  subscriptionId: string,
): Promise<SubscriptionFact> {
  const current = await readCurrentSubscription(await context.stripe(), subscriptionId);
  const origin = buildCheckoutOrigin(owner, current.customerId);
  return buildSubscriptionFact(context, subscriptionId, origin, current.observation);
}

/**
 * Merges facts into the subject and records the owner of the Stripe objects. If two observations of one
 * second contradict each other, reads the subscription from Stripe and merges its current state with them.
 *
 * After a crash between the merge and recording the ids, the event is retried and finds its facts merged.
 */
export async function mergeFacts(
  context: ConnectionContext,
  owner: Owner,
  facts: SubjectFact[],
  objects: { customerId: string | null; stripeIds: (string | null)[] },
): Promise<ApplyResult> {
  const { env, connection, graceDays, cause, now } = context;
  const { erasureFence } = owner;
  const identity = toSubjectIdentity(context, owner.subjectRef);
  const merge = async (all: SubjectFact[]) => {
    const complete = await addTerms(context, all);
    return callSubject(env, identity, (subject) =>
      subject.applyStripe(identity, { facts: complete, graceDays, cause, erasureFence }),
    );
  };
  let result = await merge(facts);
  if (result.outcome === "read_again") {
    const current = await readSubscriptionFact(context, owner, result.subscriptionId);
    result = await merge(addCurrentState(facts, current));
  }
  switch (result.outcome) {
    case "read_again":
      throw new Error(
        "the order of the subscription's changes is ambiguous, even after reading it from Stripe",
      );
    case "erased":
      return { outcome: "erased" };
    case "merged": {
      const stripeIds = [...objects.stripeIds, objects.customerId].filter((id) => id !== null);
      const attemptId = owner.attempt?.attemptId ?? null;
      const remembered = { subjectRef: owner.subjectRef, customerId: objects.customerId };
      const owned = stripeIds.map((stripeId) => ({ stripeId, attemptId }));
      await recordObjectOwner(dataOf(env, connection), connection, remembered, owned, now);
      const { changes, sequence } = result;
      return { outcome: "merged", subjectRef: owner.subjectRef, changes, sequence };
    }
  }
}

/**
 * Adds the current state to the observations of the same subscription, or as the first fact if there are
 * none.
 */
function addCurrentState(facts: SubjectFact[], current: SubscriptionFact): SubjectFact[] {
  const isSame = (fact: SubjectFact): fact is SubscriptionFact =>
    fact.type === "subscription" && fact.subscriptionId === current.subscriptionId;
  if (!facts.some(isSame)) return [current, ...facts];
  return facts.map((fact) =>
    isSame(fact) ? { ...fact, observations: [...fact.observations, ...current.observations] } : fact,
  );
}
