import { type ApiClient, buy, consume } from "./api-client.ts";
import type { PocketStripe } from "./pocket-stripe.ts";

/** The situations that operators meet, each with a subject that is in it (spec page 7). */
export async function tellStories(api: ApiClient, stripe: PocketStripe): Promise<void> {
  await buy(api, stripe, "user_paid", "PRO_MONTHLY");
  await buy(api, stripe, "user_paid", "CREDITS_1000");
  await consume(api, "user_paid", 120);

  await buy(api, stripe, "user_out_of_credits", "CREDITS_1000");
  for (const units of [400, 350, 250]) await consume(api, "user_out_of_credits", units);

  await pastDue(api, stripe);
  await refunded(api, stripe);
  await disputed(api, stripe);

  // Stripe itself is behind: neither is the event sent nor does the event list have it.
  await stripe.deliver("late");
  await buy(api, stripe, "user_paid_but_waiting", "CREDITS_1000");
  await stripe.deliver("normal");
}

/** The second month's payment failed. */
async function pastDue(api: ApiClient, stripe: PocketStripe): Promise<void> {
  const session = await stripe.session(await buy(api, stripe, "user_past_due", "PRO_MONTHLY"));
  await stripe.control(`subscriptions/${session.subscription}`, { next_payment: "fail" });
  await stripe.control(`subscriptions/${session.subscription}`, { renew: "now" });
}

/** Got all the money back, after having spent some of the credits. */
async function refunded(api: ApiClient, stripe: PocketStripe): Promise<void> {
  const session = await stripe.session(await buy(api, stripe, "user_refunded", "CREDITS_1000"));
  await consume(api, "user_refunded", 250);
  await stripe.control("refunds", { payment_intent: session.payment_intent });
}

/** Told the bank that the day pass was not what they bought. */
async function disputed(api: ApiClient, stripe: PocketStripe): Promise<void> {
  const session = await stripe.session(await buy(api, stripe, "user_disputed", "DAY_PASS"));
  await stripe.control("disputes", { payment_intent: session.payment_intent });
}
