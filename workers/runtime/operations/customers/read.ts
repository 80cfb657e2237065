import Stripe from "stripe";
import {
  findCustomersByEmail,
  readCustomer,
  readDecision,
} from "../../../../shared/contract/operations/customers.ts";
import { refusal } from "../../../../shared/contract/operations/reply.ts";
import { findDataOf } from "../../../../shared/db/databases.ts";
import { decideProducts } from "../../../../shared/domain/product-decision.ts";
import { subjectName } from "../../../../shared/domain/subject-name.ts";
import { decodeDecisionId } from "../../../../shared/kit/decision-id.ts";
import type { ReadAhead } from "../../../../shared/operations/implement.ts";
import { readStripeCustomers, type StripeCustomers } from "../../db/stripe-customers.ts";
import type { RuntimeEnv } from "../../env.ts";
import { explainEntitlement, toDecisionView } from "../../subject/views/explain.ts";
import { toReservationView } from "../../subject/views/reservation-view.ts";
import { callSubject } from "../../subject-stub.ts";
import { implement, implementForCustomer } from "../implement.ts";
import { withStripe } from "../prices.ts";
import { readProfile } from "./stripe-profile.ts";

const maxEntries = 200;

/** What the profile needs. Also for a name that no customer can have: the operation refuses it. */
const readAhead: ReadAhead<RuntimeEnv, typeof readCustomer, StripeCustomers> = (
  { env, scope },
  { subjectRef, withProfile },
  session,
) => {
  const data = findDataOf(env, scope);
  if (!withProfile || data === null) return null;
  return readStripeCustomers({ control: env.DB, data }, { ...scope, subjectRef }, session);
};

/** Reads the ledger and Stripe at the same time. */
export const read = implementForCustomer(
  readCustomer,
  async (context, { before, limit, withProfile }) => {
    const { env, identity } = context;
    const page = { before, limit: Math.min(limit, maxEntries) };
    const [customer, profile] = await Promise.all([
      callSubject(env, identity, (subject) => subject.customerView(identity, page)),
      withProfile ? readProfile(context) : null,
    ]);
    return { outcome: "done", customer, profile };
  },
  readAhead,
);

/** Also for an id of the right form that nothing here returned: a sequence and a time that do not belong together. */
const noSuchDecision = refusal("invalid", "Decision not found for this customer.", "asOf");

/** Recomputes the decision from the ledger. */
export const readPastDecision = implementForCustomer(
  readDecision,
  async ({ env, identity, now }, { asOf }) => {
    const isTime = "at" in asOf;
    const moment = isTime
      ? { sequence: null, at: asOf.at, products: [] }
      : decodeDecisionId(subjectName(identity), asOf.decisionId.trim());
    if (moment === null) return noSuchDecision;
    if (moment.at > now)
      return isTime ? refusal("invalid", "Enter a time in the past.", "asOf") : noSuchDecision;
    const found = await callSubject(env, identity, (subject) => subject.decisionAsOf(moment));
    if (found.outcome === "not_a_decision") return noSuchDecision;
    if (found.outcome === "too_long_ago") {
      const earliest = new Date(found.reachesBackTo.at).toISOString();
      return refusal("invalid", `Decisions are available back to ${earliest}; this one is older.`, "asOf");
    }
    const { entitlements, reservations, sequence, at } = found;
    const { products } = moment;
    // A decision over some products is computed again over the same ones.
    const decision =
      products.length === 0 ? found.decision : decideProducts(entitlements, products, at).decision;
    return {
      outcome: "done",
      decision: toDecisionView(identity, decision, { sequence, at }, products),
      entitlements: entitlements.map((entitlement) => explainEntitlement(entitlement, entitlements, at)),
      reservations: reservations.map((reservation) => toReservationView(identity, reservation)),
    };
  },
);

/**
 * Returns the customers at Stripe with this email address, in any case of letters. The list is exact at once, but compares
 * case; the search does not, but knows a new customer only after a minute.
 */
export const findByEmail = implement(findCustomersByEmail, ({ env, scope }, { email }) =>
  withStripe(env, scope, async (stripe) => {
    const addresses = [...new Set([email, email.toLowerCase()])];
    const pages = await Promise.all([
      ...addresses.map((address) => stripe.customers.list({ email: address, limit: 100 })),
      searchByEmail(stripe, email),
    ]);
    return {
      outcome: "done",
      customerIds: [...new Set(pages.flatMap(({ data }) => data.map(({ id }) => id)))],
    };
  }),
);

async function searchByEmail(stripe: Stripe, email: string): Promise<{ data: { id: string }[] }> {
  // Quotes and backslashes have a meaning in a query, and in no address that people have.
  if (/["\\]/.test(email)) return { data: [] };
  try {
    return await stripe.customers.search({ query: `email:"${email}"`, limit: 100 });
  } catch (error) {
    // Stripe has no search for accounts of some countries. The list has answered.
    if (error instanceof Stripe.errors.StripeInvalidRequestError) return { data: [] };
    throw error;
  }
}
