import type Stripe from "stripe";
import { d1 } from "../../../shared/db/deadline.ts";
import { objectsOf } from "../../../shared/db/stripe-objects.ts";
import { askStripe } from "../../../shared/stripe/gateway.ts";
import { fromSeconds, idOf } from "../../../shared/stripe/object-fields.ts";
import { readOurMetadata } from "../../../shared/stripe/our-metadata.ts";
import { readSession, type SessionFact } from "../../../shared/stripe/read-session.ts";
import type { Inbound } from "./inbound.ts";
import { everyPage } from "./read-from-stripe.ts";

/** The Stripe objects of one subject. */
export interface SubjectObjects {
  /** Checkout sessions that are complete or expired. */
  sessions: SessionFact[];
  subscriptionIds: string[];
  reversedCharges: ReversedCharge[];
}

/** A charge that was fully or partly refunded or disputed. */
export interface ReversedCharge {
  chargeId: string;
  paymentIntentId: string;
}

/**
 * Reads the subject's objects from Stripe: those in the id table, and those of its Stripe customers. Skips
 * objects of these customers that belong to another subject or that Licenzy did not create.
 */
export async function readSubjectObjects(context: Inbound, subjectRef: string): Promise<SubjectObjects> {
  const { env, connection } = context;
  const known = await d1(objectsOf(env.DB, connection.connectionId, subjectRef));
  const knownIds = (prefix: string) => known.filter((id) => id.startsWith(prefix));
  const stripe = await context.stripe();
  const isOurs = (metadata: Stripe.Metadata | null) => {
    const ours = readOurMetadata(metadata);
    const { projectId, mode } = connection;
    return ours?.subjectRef === subjectRef && ours.projectId === projectId && ours.mode === mode;
  };

  const sessions = new Map<string, Stripe.Checkout.Session>();
  for (const sessionId of knownIds("cs_"))
    sessions.set(sessionId, await askStripe(stripe.checkout.sessions.retrieve(sessionId)));
  // A session may be the only known object, if no event of its customer or subscription has arrived yet.
  const idsInSessions = (field: "customer" | "subscription") =>
    [...sessions.values()].flatMap((session) => idOf(session[field]) ?? []);
  const subscriptionIds = new Set(knownIds("sub_"));
  const customerIds = new Set([...knownIds("cus_"), ...idsInSessions("customer")]);
  // The id table may list the customer under another subject that pays with the same Stripe customer.
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
    const listSubscriptions = (page: Stripe.PaginationParams) =>
      stripe.subscriptions.list({ ...page, customer, status: "all" });
    for (const subscription of await everyPage(listSubscriptions, same))
      if (isOurs(subscription.metadata)) subscriptionIds.add(subscription.id);
    for (const charge of await everyPage((page) => stripe.charges.list({ ...page, customer }), same))
      charges.set(charge.id, charge);
  }
  for (const subscriptionId of idsInSessions("subscription")) subscriptionIds.add(subscriptionId);
  for (const payment_intent of knownIds("pi_")) {
    const listCharges = (page: Stripe.PaginationParams) => stripe.charges.list({ ...page, payment_intent });
    for (const charge of await everyPage(listCharges, same)) charges.set(charge.id, charge);
  }

  return {
    sessions: await parseFinishedSessions(stripe, [...sessions.values()], [...charges.values()]),
    subscriptionIds: [...subscriptionIds],
    reversedCharges: filterReversed([...charges.values()]),
  };
}

/** Lists the customer's charges that were refunded or disputed, whichever subject they belong to. */
export async function listReversedCharges(stripe: Stripe, customer: string): Promise<ReversedCharge[]> {
  return filterReversed(await everyPage((page) => stripe.charges.list({ ...page, customer }), same));
}

function filterReversed(charges: Stripe.Charge[]): ReversedCharge[] {
  return charges.flatMap((charge) => {
    const paymentIntentId = idOf(charge.payment_intent);
    const isReversed = charge.amount_refunded > 0 || charge.disputed;
    return isReversed && paymentIntentId !== null ? [{ chargeId: charge.id, paymentIntentId }] : [];
  });
}

const same = <T>(object: T): T => object;

async function parseFinishedSessions(
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
    facts.push(readSession(session, outcome, await findPaidAt(stripe, session, charges)));
  }
  return facts;
}

/** Returns the time of the session's charge, which is the time of payment. A free session has no charge. */
async function findPaidAt(
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
