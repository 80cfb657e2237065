import Stripe from "stripe";
import type { readCustomer } from "../../../../shared/contract/operations/customers.ts";
import { type Refusal, refusal } from "../../../../shared/contract/operations/reply.ts";
import type { StripeProfile } from "../../../../shared/contract/operations/stripe-profile.ts";
import {
  DependencyUnavailableError,
  remainingMs,
  TimeoutError,
  withTimeout,
} from "../../../../shared/kit/timeout.ts";
import type { WithAhead } from "../../../../shared/operations/implement.ts";
import type { StripeCustomers } from "../../db/stripe-customers.ts";
import { createConnectionStripeClient } from "../../stripe-connection/create-stripe-client.ts";
import type { CustomerContext } from "../implement.ts";
import { stripeRefusal } from "../refusals.ts";
import { buildStripeProfile } from "./build-stripe-profile.ts";
import { RecentReads } from "./recent-reads.ts";

/** The customer's page waits this long for Stripe, and is served without it after that. */
const budgetMs = 1_000;
/** A call that is late still fills the memory for the next time the page is opened. */
const callTimeoutMs = 5_000;
/** Stripe returns the newest; with more, the total is marked as partial. */
const maxCharges = 100;
const maxInvoices = 50;
/** Disputes are read per payment. */
const maxDisputedPayments = 5;

/** Names, emails and payments stay in this isolate's memory for minutes. They are written nowhere. */
const profiles = new RecentReads<Omit<StripeProfile, "olderCustomers">>({
  maxAgeMs: 5 * 60_000,
  maxEntries: 500,
});

/**
 * Returns the profile of the newest of the subject's customers at Stripe. A new Stripe event of the subject makes the next
 * call read it again. Returns `null` without one, and a refusal when Stripe was not read.
 */
export async function readProfile({
  env,
  now,
  ahead,
  waitUntil,
}: CustomerContext<typeof readCustomer> & WithAhead<StripeCustomers>): Promise<
  StripeProfile | Refusal | null
> {
  if (ahead === null) throw new Error("a profile is read for a session only");
  const startedAt = Date.now();
  const { found, customerIds, newestEventId } = ahead;
  const [customerId, ...older] = customerIds;
  if (found === null || customerId === undefined) return null;
  const { connection } = found;
  const key = [connection.connectionId, connection.updatedAt, customerId, newestEventId].join(" ");
  const answer = (profile: Omit<StripeProfile, "olderCustomers">): StripeProfile => ({
    ...profile,
    olderCustomers: older.length,
  });
  const recent = profiles.get(key, now);
  if (recent !== undefined) return answer(recent);
  const stripe = await createConnectionStripeClient(env, connection);
  const reading = fetchProfile(stripe, customerId, now).then((profile) => {
    profiles.set(key, profile, now);
    return profile;
  });
  // Continues after the budget. An error within the budget is answered below, a later one concerns no request.
  waitUntil(reading.catch(() => undefined));
  try {
    return answer(await withTimeout("Stripe", remainingMs(startedAt, budgetMs), reading));
  } catch (error) {
    return toRefusal(error instanceof DependencyUnavailableError ? error.cause : error);
  }
}

async function fetchProfile(stripe: Stripe, customerId: string, now: number) {
  const options = { timeout: callTimeoutMs };
  const customer = customerId;
  const [known, charges, invoices, subscriptions] = await Promise.all([
    stripe.customers.retrieve(customerId, {}, options),
    stripe.charges.list({ customer, limit: maxCharges }, options),
    stripe.invoices.list({ customer, limit: maxInvoices, expand: ["data.payments"] }, options),
    stripe.subscriptions.list({ customer, status: "all", limit: maxInvoices }, options),
  ]);
  const disputed = charges.data.filter((charge) => charge.disputed).slice(0, maxDisputedPayments);
  const disputes = await Promise.all(
    disputed.map(({ id: charge }) => stripe.disputes.list({ charge, limit: 1 }, options)),
  );
  return buildStripeProfile(
    {
      customer: known,
      charges: charges.data,
      hasOlderCharges: charges.has_more,
      invoices: invoices.data,
      subscriptions: subscriptions.data,
      disputes: disputes.flatMap(({ data }) => data),
    },
    now,
  );
}

function toRefusal(error: unknown): Refusal {
  const isTransient =
    error instanceof TimeoutError ||
    error instanceof Stripe.errors.StripeConnectionError ||
    error instanceof Stripe.errors.StripeRateLimitError ||
    error instanceof Stripe.errors.StripeAPIError;
  return isTransient
    ? refusal("stripe", "Stripe didn't respond. Reload to try again.")
    : stripeRefusal(error);
}
