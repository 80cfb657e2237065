import type Stripe from "stripe";
import { callStripe } from "../../../shared/stripe/client.ts";
import { parseLicenzyMetadata } from "../../../shared/stripe/licenzy-metadata.ts";
import { fromSeconds, getReferenceId } from "../../../shared/stripe/object-fields.ts";
import { type ParsedSession, parseSession } from "../../../shared/stripe/parse-session.ts";
import { listObjectIds } from "../db/stripe-objects.ts";
import type { ConnectionContext } from "./connection-context.ts";
import { everyPage, readPaidAt, same } from "./read-from-stripe.ts";

/** The Stripe objects of one subject. */
export interface SubjectObjects {
  /** Checkout sessions that are complete or expired. */
  sessions: ParsedSession[];
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
export async function readSubjectObjects(
  context: ConnectionContext,
  subjectRef: string,
): Promise<SubjectObjects> {
  const { env, connection } = context;
  const known = await listObjectIds(env.DB, connection.connectionId, subjectRef);
  const knownIds = (prefix: string) => known.filter((id) => id.startsWith(prefix));
  const stripe = await context.stripe();
  const isOurs = (metadata: Stripe.Metadata | null) => {
    const ours = parseLicenzyMetadata(metadata);
    const { projectId, mode } = connection;
    return ours?.subjectRef === subjectRef && ours.projectId === projectId && ours.mode === mode;
  };

  const sessions = new Map<string, Stripe.Checkout.Session>();
  for (const sessionId of knownIds("cs_"))
    sessions.set(sessionId, await callStripe(stripe.checkout.sessions.retrieve(sessionId)));
  // A session may be the only known object, if no event of its customer or subscription has arrived yet.
  const idsInSessions = (field: "customer" | "subscription") =>
    [...sessions.values()].flatMap((session) => getReferenceId(session[field]) ?? []);
  const subscriptionIds = new Set(knownIds("sub_"));
  const customerIds = new Set([...knownIds("cus_"), ...idsInSessions("customer")]);
  // The id table may list the customer under another subject that pays with the same Stripe customer.
  for (const subscriptionId of subscriptionIds) {
    const customerId = getReferenceId(
      (await callStripe(stripe.subscriptions.retrieve(subscriptionId))).customer,
    );
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
    sessions: await parseFinishedSessions(stripe, [...sessions.values()]),
    subscriptionIds: [...subscriptionIds],
    reversedCharges: filterReversed([...charges.values()], new Set(known)),
  };
}

/** Lists the customer's charges that were refunded or disputed, whichever subject they belong to. */
export async function listReversedCharges(stripe: Stripe, customer: string): Promise<ReversedCharge[]> {
  const charges = await everyPage((page) => stripe.charges.list({ ...page, customer }), same);
  return filterReversed(charges, new Set());
}

/** A charge is `known` once a refund or dispute of it was recorded. If that refund failed, Stripe shows no trace. */
function filterReversed(charges: Stripe.Charge[], known: ReadonlySet<string>): ReversedCharge[] {
  return charges.flatMap((charge) => {
    const paymentIntentId = getReferenceId(charge.payment_intent);
    const isReversed = charge.amount_refunded > 0 || charge.disputed || known.has(charge.id);
    return isReversed && paymentIntentId !== null ? [{ chargeId: charge.id, paymentIntentId }] : [];
  });
}

async function parseFinishedSessions(
  stripe: Stripe,
  sessions: Stripe.Checkout.Session[],
): Promise<ParsedSession[]> {
  const facts: ParsedSession[] = [];
  for (const session of sessions) {
    if (session.status === "expired")
      facts.push(parseSession(session, "expired", fromSeconds(session.expires_at, "the end of the session")));
    if (session.status !== "complete") continue;
    const outcome = session.payment_status === "unpaid" ? "processing" : "paid";
    facts.push(parseSession(session, outcome, await findPaidAt(stripe, session)));
  }
  return facts;
}

/** Returns when the session was paid. A free session has no payment, and is paid when it is completed. */
async function findPaidAt(stripe: Stripe, session: Stripe.Checkout.Session): Promise<number> {
  const paymentIntentId = getReferenceId(session.payment_intent);
  const paidAt = paymentIntentId === null ? null : await readPaidAt(stripe, paymentIntentId);
  return paidAt ?? fromSeconds(session.created, "the time of the session");
}
