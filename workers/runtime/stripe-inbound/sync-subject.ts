import { advanceAttempt } from "../../../shared/db/advance-attempt.ts";
import { d1 } from "../../../shared/db/deadline.ts";
import { isErased, readLastErasure } from "../../../shared/db/erasures.ts";
import { rememberObjects } from "../../../shared/db/stripe-objects.ts";
import type { SubjectFact } from "../../../shared/domain/decide-stripe.ts";
import { readInvoice } from "../../../shared/stripe/read-invoice.ts";
import type { StripePreview } from "../subject/stripe.ts";
import { callSubject } from "../subject-stub.ts";
import { invoiceFact } from "./apply-invoice.ts";
import { reversalFact } from "./apply-reversals.ts";
import { paidFact } from "./apply-session.ts";
import {
  Erased,
  NotOurs,
  type OwnedPayment,
  type Owner,
  ownerByMetadata,
  ownerOfPayment,
  ownerOfSubscription,
} from "./find-owner.ts";
import { type Inbound, identityOf } from "./inbound.ts";
import { subscriptionNow } from "./merge-facts.ts";
import { everyPage, listDisputes, listRefunds } from "./read-from-stripe.ts";
import { type ReversedCharge, readSubjectObjects } from "./read-subject-objects.ts";

/** What Stripe says of one subject, ready to be compared with its ledger or merged into it. */
export interface Differences {
  subjectRef: string;
  facts: SubjectFact[];
  /** Checkout attempts that are settled at Stripe, with what they came to. */
  attempts: { attemptId: string; status: "processing" | "failed" | "finalized" }[];
  /** Objects to remember as the subject's. */
  stripeIds: string[];
  /** As with `Owner`. */
  knownErasureAt: number | null;
}

/**
 * Reads the subject's sessions, subscriptions, invoices, refunds and disputes from Stripe. Nothing is changed: facts
 * that the ledger knows already change nothing when they are merged, so what remains of them is what differs.
 */
export async function readDifferences(inbound: Inbound, subjectRef: string): Promise<Differences> {
  const knownErasureAt = await refuseErased(inbound, subjectRef);
  const found = await readSubjectObjects(inbound, subjectRef);
  const differences: Differences = { subjectRef, facts: [], attempts: [], stripeIds: [], knownErasureAt };
  for (const session of found.sessions) {
    const { ours } = session;
    if (ours === null) continue;
    const owner = await unlessErased(ownerByMetadata(inbound, ours));
    if (owner === null) continue;
    const status = {
      paid: "finalized",
      processing: "processing",
      failed: "failed",
      expired: "failed",
    } as const;
    differences.attempts.push({ attemptId: ours.attemptId, status: status[session.outcome] });
    if (session.outcome === "paid") differences.facts.push(paidFact(owner, session));
  }
  for (const subscriptionId of found.subscriptionIds) {
    const owner = await unlessErased(ownerOfSubscription(inbound, subscriptionId, null));
    if (owner === null) continue;
    const facts = await subscriptionFacts(inbound, owner, subscriptionId);
    // Before the session that sold it: the sale alone does not say what it is.
    differences.facts.unshift(...facts);
    differences.stripeIds.push(subscriptionId);
  }
  for (const charge of found.reversedCharges)
    differences.facts.push(...(await reversalsOfSubject(inbound, subjectRef, charge)));
  return differences;
}

/** Nothing is read of who is erased. Returns when their latest erasure was asked, where there was one before. */
export async function refuseErased({ env, connection }: Inbound, subjectRef: string): Promise<number | null> {
  const key = { projectId: connection.projectId, mode: connection.mode, subjectRef };
  const erasure = await d1(readLastErasure(env.DB, key));
  if (erasure === null) return null;
  if (await d1(isErased(env.DB, key))) throw new Erased();
  return erasure.askedAt;
}

/** `null` for what was sold before an erasure: the customer came back, and that did not. */
async function unlessErased(owner: Promise<Owner>): Promise<Owner | null> {
  try {
    return await owner;
  } catch (error) {
    if (error instanceof Erased) return null;
    throw error;
  }
}

/** What the subscription is, and what became of its invoices. */
export async function subscriptionFacts(
  inbound: Inbound,
  owner: Owner,
  subscriptionId: string,
): Promise<SubjectFact[]> {
  const stripe = await inbound.stripe();
  const facts: SubjectFact[] = [await subscriptionNow(inbound, owner, subscriptionId)];
  const ofSubscription = (page: object) => stripe.invoices.list({ ...page, subscription: subscriptionId });
  for (const invoice of await everyPage(ofSubscription, (each) => each)) {
    const isPaid = invoice.status === "paid";
    // One that was never tried has come to nothing yet.
    if (isPaid || invoice.attempt_count > 0)
      facts.push(invoiceFact(owner, subscriptionId, readInvoice(invoice, isPaid ? "paid" : "failed")));
  }
  return facts;
}

/** Nothing for what the same customer paid for elsewhere: another subject's purchase, a one-off invoice. */
async function reversalsOfSubject(
  inbound: Inbound,
  subjectRef: string,
  charge: ReversedCharge,
): Promise<SubjectFact[]> {
  try {
    const owned = await ownerOfPayment(inbound, charge);
    return owned.owner.subjectRef === subjectRef ? await reversalFacts(inbound, owned) : [];
  } catch (error) {
    if (error instanceof NotOurs || error instanceof Erased) return [];
    throw error;
  }
}

/** Every refund and dispute of the payment. */
export async function reversalFacts(
  inbound: Inbound,
  payment: Omit<OwnedPayment, "owner">,
): Promise<SubjectFact[]> {
  const stripe = await inbound.stripe();
  const of = { payment_intent: payment.paymentIntentId };
  const told = [...(await listRefunds(stripe, of)), ...(await listDisputes(stripe, of))];
  return told.map((reversal) => reversalFact(payment, reversal));
}

/** The differences as they would change the subject, each with the fact that causes it. */
export async function previewSync(inbound: Inbound, differences: Differences): Promise<StripePreview> {
  const identity = identityOf(inbound, differences.subjectRef);
  const { graceDays, cause } = inbound;
  return callSubject(inbound.env, identity, (subject) =>
    subject.previewStripe(identity, { facts: differences.facts, graceDays, cause }),
  );
}

/**
 * Merges the differences. Returns how many changes they made; a crash in between is healed by doing it again.
 *
 * Whose the objects are is remembered first: if a crash follows, their events find the subject all the same, while
 * rights whose payment is nobody's would outlive its refund.
 */
export async function applySync(inbound: Inbound, differences: Differences): Promise<{ changes: number }> {
  const { env, connection, graceDays, cause, now } = inbound;
  const { subjectRef, facts, attempts, stripeIds, knownErasureAt } = differences;
  const identity = identityOf(inbound, subjectRef);
  const owner = { subjectRef, attemptId: null, customerId: null };
  await d1(rememberObjects(env.DB, connection, owner, stripeIds, now));
  const result = await callSubject(env, identity, (subject) =>
    subject.applyStripe(identity, { facts, graceDays, cause, knownErasureAt }),
  );
  if (result.outcome === "erased") throw new Erased();
  if (result.outcome === "read_again") throw new Error("Stripe's answer did not settle what came last");
  for (const { attemptId, status } of attempts) await d1(advanceAttempt(env.DB, attemptId, status, now));
  return { changes: result.changes };
}
