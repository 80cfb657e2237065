import type Stripe from "stripe";
import { d1 } from "../../../shared/db/deadline.ts";
import { objectsOf } from "../../../shared/db/stripe-objects.ts";
import { askStripe } from "../../../shared/stripe/gateway.ts";
import { fromSeconds, idOf } from "../../../shared/stripe/object-fields.ts";
import { readOurMetadata } from "../../../shared/stripe/our-metadata.ts";
import { readSession, type SessionFact } from "../../../shared/stripe/read-session.ts";
import type { Inbound } from "./inbound.ts";
import { everyPage } from "./read-from-stripe.ts";

/** What Stripe has of one subject, as far as it can be found. */
export interface SubjectObjects {
  /** Checkout sessions that were paid, or are over without. */
  sessions: SessionFact[];
  subscriptionIds: string[];
  reversedCharges: ReversedCharge[];
}

/** A charge that was refunded or disputed, in whole or in part. */
export interface ReversedCharge {
  chargeId: string;
  paymentIntentId: string;
}

/**
 * Everything that Stripe has of the subject: of its customers, and what our id table names beside. Objects of its
 * customers that are another subject's, or nothing of ours, are left out.
 */
export async function readSubjectObjects(inbound: Inbound, subjectRef: string): Promise<SubjectObjects> {
  const { env, connection } = inbound;
  const known = await d1(objectsOf(env.DB, connection.connectionId, subjectRef));
  const ofType = (prefix: string) => known.filter((id) => id.startsWith(prefix));
  const stripe = await inbound.stripe();
  const isOurs = (metadata: Stripe.Metadata | null) => {
    const ours = readOurMetadata(metadata);
    const { projectId, mode } = connection;
    return ours?.subjectRef === subjectRef && ours.projectId === projectId && ours.mode === mode;
  };

  const sessions = new Map<string, Stripe.Checkout.Session>();
  for (const sessionId of ofType("cs_"))
    sessions.set(sessionId, await askStripe(stripe.checkout.sessions.retrieve(sessionId)));
  // A session may be all that we know: nothing was heard of its customer or subscription yet.
  const ofSessions = (pick: "customer" | "subscription") =>
    [...sessions.values()].flatMap((session) => idOf(session[pick]) ?? []);
  const subscriptionIds = new Set(ofType("sub_"));
  const customerIds = new Set([...ofType("cus_"), ...ofSessions("customer")]);
  // A customer may be known as another subject's, who pays with the same one.
  for (const subscriptionId of subscriptionIds) {
    const customerId = idOf((await askStripe(stripe.subscriptions.retrieve(subscriptionId))).customer);
    if (customerId !== null) customerIds.add(customerId);
  }
  const charges = new Map<string, Stripe.Charge>();
  for (const customer of customerIds) {
    for (const session of await everyPage(
      (page) => stripe.checkout.sessions.list({ ...page, customer }),
      same,
    ))
      if (isOurs(session.metadata)) sessions.set(session.id, session);
    const ofCustomer = (page: Stripe.PaginationParams) =>
      stripe.subscriptions.list({ ...page, customer, status: "all" });
    for (const subscription of await everyPage(ofCustomer, same))
      if (isOurs(subscription.metadata)) subscriptionIds.add(subscription.id);
    for (const charge of await everyPage((page) => stripe.charges.list({ ...page, customer }), same))
      charges.set(charge.id, charge);
  }
  for (const subscriptionId of ofSessions("subscription")) subscriptionIds.add(subscriptionId);
  for (const payment_intent of ofType("pi_")) {
    const ofPayment = (page: Stripe.PaginationParams) => stripe.charges.list({ ...page, payment_intent });
    for (const charge of await everyPage(ofPayment, same)) charges.set(charge.id, charge);
  }

  return {
    sessions: await settledSessions(stripe, [...sessions.values()], [...charges.values()]),
    subscriptionIds: [...subscriptionIds],
    reversedCharges: reversedAmong([...charges.values()]),
  };
}

/** Those charges of the customer's that were taken back, whoever bought what they paid for. */
export async function reversedChargesOf(stripe: Stripe, customer: string): Promise<ReversedCharge[]> {
  return reversedAmong(await everyPage((page) => stripe.charges.list({ ...page, customer }), same));
}

function reversedAmong(charges: Stripe.Charge[]): ReversedCharge[] {
  return charges.flatMap((charge) => {
    const paymentIntentId = idOf(charge.payment_intent);
    const isReversed = charge.amount_refunded > 0 || charge.disputed;
    return isReversed && paymentIntentId !== null ? [{ chargeId: charge.id, paymentIntentId }] : [];
  });
}

const same = <T>(object: T): T => object;

async function settledSessions(
  stripe: Stripe,
  sessions: Stripe.Checkout.Session[],
  charges: Stripe.Charge[],
): Promise<SessionFact[]> {
  const facts: SessionFact[] = [];
  for (const session of sessions) {
    if (session.status === "expired")
      facts.push(readSession(session, "expired", fromSeconds(session.expires_at)));
    if (session.status !== "complete") continue;
    const outcome = session.payment_status === "unpaid" ? "processing" : "paid";
    facts.push(readSession(session, outcome, await paidAt(stripe, session, charges)));
  }
  return facts;
}

/** A session does not say when it was paid: its charge does, and without a charge nothing had to be paid. */
async function paidAt(
  stripe: Stripe,
  session: Stripe.Checkout.Session,
  charges: Stripe.Charge[],
): Promise<number> {
  const paymentIntentId = idOf(session.payment_intent);
  if (paymentIntentId === null) return fromSeconds(session.created);
  const known = charges.find((charge) => idOf(charge.payment_intent) === paymentIntentId && charge.paid);
  if (known !== undefined) return fromSeconds(known.created);
  const { data } = await askStripe(stripe.charges.list({ payment_intent: paymentIntentId, limit: 1 }));
  return fromSeconds(data[0]?.created ?? session.created);
}
