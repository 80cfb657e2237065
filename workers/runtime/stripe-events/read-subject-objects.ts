import type Stripe from "stripe";
import { dataOf } from "../../../shared/db/databases.ts";
import { callStripe, getResponseTime } from "../../../shared/stripe/client.ts";
import { parseLicenzyMetadata } from "../../../shared/stripe/licenzy-metadata.ts";
import { fromSeconds, getReferenceId } from "../../../shared/stripe/object-fields.ts";
import { type ParsedSession, parseSession } from "../../../shared/stripe/parse-session.ts";
import { listObjectIds } from "../db/stripe-objects.ts";
import type { ConnectionContext } from "./connection-context.ts";
import { everyPage, type PaidAt, readPaidAt, same } from "./read-from-stripe.ts";

/** The Stripe objects of one subject. */
export interface SubjectObjects {
  /** Checkout sessions that are complete or expired. */
  sessions: ReadSession[];
  subscriptionIds: string[];
  reversedCharges: ReversedCharge[];
}

/** A session as it was read. `paidAtFrom` says how exactly the time of a paid one is known. */
interface ReadSession extends ParsedSession {
  paidAtFrom: PaidAt["from"];
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
  const known = await listObjectIds(dataOf(env, connection), connection.connectionId, subjectRef);
  const knownIds = (prefix: string) => known.filter((id) => id.startsWith(prefix));
  const stripe = await context.stripe();
  const isOurs = (metadata: Stripe.Metadata | null) => {
    const ours = parseLicenzyMetadata(metadata);
    const { projectId, mode } = connection;
    return ours?.subjectRef === subjectRef && ours.projectId === projectId && ours.mode === mode;
  };

  const sessions = new Map<string, { session: Stripe.Checkout.Session; readAt: number }>();
  for (const sessionId of knownIds("cs_")) {
    const session = await callStripe(stripe.checkout.sessions.retrieve(sessionId));
    sessions.set(sessionId, { session, readAt: getResponseTime(session) });
  }
  // A session may be the only known object, if no event of its customer or subscription has arrived yet.
  const idsInSessions = (field: "customer" | "subscription") =>
    [...sessions.values()].flatMap(({ session }) => getReferenceId(session[field]) ?? []);
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
    const listSessions = (page: Stripe.PaginationParams) =>
      stripe.checkout.sessions.list({ ...page, customer });
    for (const read of await everyPage(listSessions, (session, readAt) => ({ session, readAt })))
      if (isOurs(read.session.metadata)) sessions.set(read.session.id, read);
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

/**
 * A charge is `known` once a refund or dispute of it was recorded. If that refund failed, Stripe shows no
 * trace.
 */
function filterReversed(charges: Stripe.Charge[], known: ReadonlySet<string>): ReversedCharge[] {
  return charges.flatMap((charge) => {
    const paymentIntentId = getReferenceId(charge.payment_intent);
    const isReversed = charge.amount_refunded > 0 || charge.disputed || known.has(charge.id);
    return isReversed && paymentIntentId !== null ? [{ chargeId: charge.id, paymentIntentId }] : [];
  });
}

async function parseFinishedSessions(
  stripe: Stripe,
  sessions: { session: Stripe.Checkout.Session; readAt: number }[],
): Promise<ReadSession[]> {
  const facts: ReadSession[] = [];
  for (const { session, readAt } of sessions) {
    const expiresAt = fromSeconds(session.expires_at, "the end of the session");
    if (session.status === "expired")
      facts.push({ ...parseSession(session, "expired", expiresAt), paidAtFrom: "read" });
    if (session.status !== "complete") continue;
    const outcome = session.payment_status === "unpaid" ? "processing" : "paid";
    const paidAt = await findPaidAt(stripe, session, { readAt, expiresAt });
    facts.push({ ...parseSession(session, outcome, paidAt.at), paidAtFrom: paidAt.from });
  }
  return facts;
}

/**
 * Returns when the session was paid. Stripe does not say when a free session was completed: at the latest at
 * the read, and before the session would have expired.
 */
async function findPaidAt(
  stripe: Stripe,
  session: Stripe.Checkout.Session,
  { readAt, expiresAt }: { readAt: number; expiresAt: number },
): Promise<PaidAt> {
  const paymentIntentId = getReferenceId(session.payment_intent);
  const paidAt = paymentIntentId === null ? null : await readPaidAt(stripe, paymentIntentId);
  return paidAt ?? { at: Math.min(readAt, expiresAt), from: "estimate" };
}
