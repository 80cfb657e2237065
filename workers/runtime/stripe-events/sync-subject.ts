import { dataOf } from "../../../shared/db/databases.ts";
import { readLastErasure } from "../../../shared/db/erasures.ts";
import type { SubjectFact } from "../../../shared/domain/decide-stripe.ts";
import { parseInvoice } from "../../../shared/stripe/parse-invoice.ts";
import { advanceCheckoutAttempt } from "../db/checkout-attempts.ts";
import { isErased } from "../db/erasures.ts";
import { type OwnedObject, recordObjectOwner } from "../db/stripe-objects.ts";
import type { StripePreview } from "../subject/preview-stripe.ts";
import { callSubject } from "../subject-stub.ts";
import { addTerms } from "./add-terms.ts";
import { buildReversalFacts } from "./apply-refunds-and-disputes.ts";
import { buildPaidSessionFact } from "./apply-session.ts";
import { type ConnectionContext, toSubjectIdentity } from "./connection-context.ts";
import {
  type CheckoutOwner,
  findPaymentOwner,
  findSubscriptionOwner,
  type NoOwner,
  type OwnedPayment,
  type Owner,
} from "./find-owner.ts";
import { claimSale, resolveSessionOwner } from "./find-session-owner.ts";
import { listStripeIds } from "./list-stripe-ids.ts";
import { buildInvoiceFact, readSubscriptionFact } from "./merge-facts.ts";
import { everyPage, listDisputes, listRefunds, same } from "./read-from-stripe.ts";
import { type ReversedCharge, readSubjectObjects } from "./read-subject-objects.ts";

/** The current state of one subject in Stripe, ready to preview or to merge. */
export interface StripeDifferences {
  subjectRef: string;
  facts: SubjectFact[];
  /** Checkout attempts with a finished session in Stripe, and their new status. */
  attempts: { attemptId: string; status: "processing" | "failed" | "finalized" }[];
  /** Paid sessions that are merged, with the owner of each. */
  sales: { owner: CheckoutOwner; sessionId: string }[];
  /** Objects to record as the subject's before the facts are merged. */
  objects: OwnedObject[];
  /**
   * Payments of invoices, to record afterwards: a known payment is expected to have its invoice on record.
   */
  invoicePayments: OwnedObject[];
  /** As in `Owner`. */
  erasureFence: number | null;
}

/**
 * The outcome of reading a subject from Stripe. `erased`: the subject itself is erased. `foreign` and
 * `unknown_attempt`: one of the subject's objects does not resolve to an owner.
 */
export type StripeDifferencesResult = { outcome: "read"; differences: StripeDifferences } | NoOwner;

/**
 * Reads the subject's sessions, subscriptions, invoices, refunds and disputes from Stripe. Changes nothing. A
 * fact that the ledger already contains has no effect when merged, so the facts with an effect are the
 * differences.
 */
export async function readDifferences(
  context: ConnectionContext,
  subjectRef: string,
): Promise<StripeDifferencesResult> {
  const fence = await readErasureFence(context, subjectRef);
  if (fence.outcome === "erased") return fence;
  const { erasureFence } = fence;
  const found = await readSubjectObjects(context, subjectRef);
  const differences: StripeDifferences = {
    subjectRef,
    facts: [],
    attempts: [],
    sales: [],
    objects: [],
    invoicePayments: [],
    erasureFence,
  };
  for (const session of found.sessions) {
    const { ours } = session;
    if (ours === null) continue;
    const lookup = await resolveSessionOwner(context, session.sessionId, ours);
    // Sold before an erasure: the customer has come back, but that purchase has not.
    if (lookup.outcome === "erased" || lookup.outcome === "other_session") continue;
    if (lookup.outcome !== "owner") return lookup;
    const isSold = differences.sales.some(({ owner }) => owner.attempt.attemptId === ours.attemptId);
    if (isSold && lookup.owner.attempt.stripeSessionId === null) continue;
    const status = {
      paid: "finalized",
      processing: "processing",
      failed: "failed",
      expired: "failed",
    } as const;
    differences.attempts.push({ attemptId: ours.attemptId, status: status[session.outcome] });
    const { paymentIntentId, subscriptionId, customerId } = session;
    // A session that the attempt has not stored is recorded only when it is the sale (`claimSale`).
    const known = lookup.owner.attempt.stripeSessionId;
    const ids = [known, paymentIntentId, subscriptionId, customerId].filter((id) => id !== null);
    differences.objects.push(...toOwned(lookup.owner, ids));
    if (session.outcome !== "paid") continue;
    differences.sales.push({ owner: lookup.owner, sessionId: session.sessionId });
    differences.facts.push(buildPaidSessionFact(lookup.owner, session, session.paidAtFrom));
  }
  for (const subscriptionId of found.subscriptionIds) {
    const lookup = await findSubscriptionOwner(context, subscriptionId, null);
    if (lookup.outcome === "erased") continue;
    if (lookup.outcome !== "owner") return lookup;
    const facts = await readSubscriptionFacts(context, lookup.owner, subscriptionId);
    // Before the session that sold it: a sale alone does not contain the subscription's state.
    differences.facts.unshift(...facts);
    differences.objects.push(...toOwned(lookup.owner, facts.flatMap(listStripeIds)));
  }
  for (const charge of found.reversedCharges) {
    const lookup = await findPaymentOwner(context, charge);
    switch (lookup.outcome) {
      case "owner":
        // The customer may also have paid for another subject.
        if (lookup.owner.subjectRef !== subjectRef) break;
        addReversals(differences, lookup, charge, await readReversalFacts(context, lookup));
        break;
      // The same Stripe customer also paid one-off invoices or directly, or paid before an erasure.
      case "foreign":
      case "unlinked_payment":
      case "erased":
        break;
      case "unknown_attempt":
        return lookup;
    }
  }
  return { outcome: "read", differences };
}

/** Adds the refunds and disputes of a charge, with the ids of what it paid. */
function addReversals(
  { facts, objects, invoicePayments }: StripeDifferences,
  { owner, paymentIntentId, invoice }: OwnedPayment,
  { chargeId }: ReversedCharge,
  reversals: SubjectFact[],
): void {
  facts.push(...reversals);
  objects.push(...toOwned(owner, [chargeId, ...reversals.flatMap(listStripeIds)]));
  (invoice === null ? objects : invoicePayments).push(...toOwned(owner, [paymentIntentId]));
}

/** Names the checkout attempt with each object, so that a later erasure of its customer applies to it. */
export const toOwned = ({ attempt }: Pick<Owner, "attempt">, stripeIds: string[]): OwnedObject[] =>
  [...new Set(stripeIds)].map((stripeId) => ({ stripeId, attemptId: attempt?.attemptId ?? null }));

/** Returns `asked_at` of the subject's latest finished erasure, or `erased` if the subject is erased now. */
export async function readErasureFence(
  { env, connection }: ConnectionContext,
  subjectRef: string,
): Promise<{ outcome: "not_erased"; erasureFence: number | null } | { outcome: "erased" }> {
  const key = { projectId: connection.projectId, mode: connection.mode, subjectRef };
  const erasure = await readLastErasure(dataOf(env, key), key);
  if (erasure === null) return { outcome: "not_erased", erasureFence: null };
  if (await isErased(dataOf(env, key), key)) return { outcome: "erased" };
  return { outcome: "not_erased", erasureFence: erasure.askedAt };
}

/** Reads the subscription's current state and the results of its invoices. */
export async function readSubscriptionFacts(
  context: ConnectionContext,
  owner: Owner,
  subscriptionId: string,
): Promise<SubjectFact[]> {
  const stripe = await context.stripe();
  const facts: SubjectFact[] = [await readSubscriptionFact(context, owner, subscriptionId)];
  const listInvoices = (page: object) => stripe.invoices.list({ ...page, subscription: subscriptionId });
  for (const invoice of await everyPage(listInvoices, same)) {
    const isPaid = invoice.status === "paid";
    // An invoice without a payment attempt has no result yet.
    if (!isPaid && invoice.attempt_count === 0) continue;
    const parsed = parseInvoice(invoice, isPaid ? "paid" : "failed", null);
    facts.push(await buildInvoiceFact(context, owner, subscriptionId, parsed));
  }
  return facts;
}

/** Reads every refund and dispute of the payment. */
export async function readReversalFacts(
  context: ConnectionContext,
  payment: Omit<OwnedPayment, "owner">,
): Promise<SubjectFact[]> {
  const stripe = await context.stripe();
  const filter = { payment_intent: payment.paymentIntentId };
  const reversals = [...(await listRefunds(stripe, filter)), ...(await listDisputes(stripe, filter))];
  return buildReversalFacts(context, payment, reversals);
}

/** Returns the changes that the differences would make to the subject, each with the fact that causes it. */
export async function previewSync(
  context: ConnectionContext,
  differences: StripeDifferences,
): Promise<StripePreview> {
  const identity = toSubjectIdentity(context, differences.subjectRef);
  const { graceDays, cause } = context;
  const facts = await addTerms(context, differences.facts);
  return callSubject(context.env, identity, (subject) =>
    subject.previewStripe(identity, { facts, graceDays, cause }),
  );
}

/**
 * Merges the differences and returns the number of changes. After a crash in between, a repeated call does
 * the rest.
 *
 * Records the owner of the objects first. After a crash, their later events still find the subject. In the
 * other order, an entitlement could outlive the refund of its payment, because the refund would have no
 * owner.
 */
export async function applySync(
  context: ConnectionContext,
  differences: StripeDifferences,
): Promise<{ outcome: "merged"; changes: number } | { outcome: "erased" }> {
  const { env, connection, graceDays, cause, now } = context;
  const { subjectRef, attempts, sales, objects, invoicePayments, erasureFence } = differences;
  const identity = toSubjectIdentity(context, subjectRef);
  const owner = { subjectRef, customerId: null };
  for (const sale of sales) {
    const other = await claimSale(context, sale.owner, sale.sessionId);
    if (other !== null) throw new Error(`${sale.sessionId} is no sale: ${other.reason}`);
  }
  await recordObjectOwner(dataOf(env, connection), connection, owner, objects, now);
  const facts = await addTerms(context, differences.facts);
  const result = await callSubject(env, identity, (subject) =>
    subject.applyStripe(identity, { facts, graceDays, cause, erasureFence }),
  );
  switch (result.outcome) {
    case "erased":
      return { outcome: "erased" };
    case "read_again":
      throw new Error(
        "the order of the subscription's changes is ambiguous, even after reading it from Stripe",
      );
    case "merged":
      await recordObjectOwner(dataOf(env, connection), connection, owner, invoicePayments, now);
      for (const { attemptId, status } of attempts)
        await advanceCheckoutAttempt(dataOf(env, connection), attemptId, status, now);
      return { outcome: "merged", changes: result.changes };
  }
}
