import { d1 } from "../../../shared/db/deadline.ts";
import { productsOfPrices, rememberObjects } from "../../../shared/db/stripe-objects.ts";
import type { SubjectFact, SubscriptionFact } from "../../../shared/domain/decide-stripe.ts";
import type { Observation, SubscriptionOrigin } from "../../../shared/domain/stripe-record.ts";
import { callSubject } from "../subject-stub.ts";
import { Erased, type Owner, originOf } from "./find-owner.ts";
import { type Inbound, identityOf } from "./inbound.ts";
import { readSubscriptionNow } from "./read-from-stripe.ts";

/** What came of something that Stripe told. */
export interface Applied {
  subjectRef: string;
  /** Ledger entries that it made; 0 when everything was known. */
  changes: number;
  /** The last entry of the subject's ledger afterwards; absent when the ledger was not asked. */
  sequence?: number;
}

/** What a subscription's observation says, with the products that its prices are. */
export async function subscriptionFact(
  { env, connection }: Inbound,
  subscriptionId: string,
  origin: SubscriptionOrigin,
  observation: Observation,
): Promise<SubscriptionFact> {
  const priceIds = observation.items.map(({ priceId }) => priceId);
  const products = await d1(productsOfPrices(env.DB, connection, priceIds));
  const items = observation.items.map((item) => ({
    ...item,
    productCode: products.get(item.priceId) ?? null,
  }));
  return { type: "subscription", subscriptionId, origin, observations: [{ ...observation, items }] };
}

/** The subscription as it is now, as a fact. */
export async function subscriptionNow(
  inbound: Inbound,
  owner: Owner,
  subscriptionId: string,
): Promise<SubscriptionFact> {
  const told = await readSubscriptionNow(await inbound.stripe(), subscriptionId);
  return subscriptionFact(inbound, subscriptionId, originOf(owner, told.customerId), told.observation);
}

/**
 * Merges facts into the subject and remembers whose Stripe's objects are. Where two words of one second contradict
 * each other, Stripe is asked and its answer merged with them.
 *
 * A crash after the merge, before the ids are remembered: the row is tried again, and finds the facts merged.
 */
export async function mergeFacts(
  inbound: Inbound,
  owner: Owner,
  facts: SubjectFact[],
  objects: { customerId: string | null; stripeIds: (string | null)[] },
): Promise<Applied> {
  const { env, connection, graceDays, cause, now } = inbound;
  const { knownErasureAt } = owner;
  const identity = identityOf(inbound, owner.subjectRef);
  const merge = (all: SubjectFact[]) =>
    callSubject(env, identity, (subject) =>
      subject.applyStripe(identity, { facts: all, graceDays, cause, knownErasureAt }),
    );
  let result = await merge(facts);
  if (result.outcome === "read_again") {
    const read = await subscriptionNow(inbound, owner, result.subscriptionId);
    result = await merge(withRead(facts, read));
  }
  if (result.outcome === "read_again") throw new Error("Stripe's answer did not settle what came last");
  if (result.outcome === "erased") throw new Erased();
  const stripeIds = [...objects.stripeIds, objects.customerId].filter((id) => id !== null);
  const attemptId = owner.attempt?.attemptId ?? null;
  const remembered = { subjectRef: owner.subjectRef, attemptId, customerId: objects.customerId };
  await d1(rememberObjects(env.DB, connection, remembered, stripeIds, now));
  return { subjectRef: owner.subjectRef, changes: result.changes, sequence: result.sequence };
}

/** The facts with the read beside what the same subscription was said to be, or before all when nothing was. */
function withRead(facts: SubjectFact[], read: SubscriptionFact): SubjectFact[] {
  const isSame = (fact: SubjectFact): fact is SubscriptionFact =>
    fact.type === "subscription" && fact.subscriptionId === read.subscriptionId;
  if (!facts.some(isSame)) return [read, ...facts];
  return facts.map((fact) =>
    isSame(fact) ? { ...fact, observations: [...fact.observations, ...read.observations] } : fact,
  );
}
