import { type ApiClient, buy, consume } from "./api-client.ts";
import type { PocketStripe } from "./pocket-stripe.ts";
import { hiddenFields, type PortalClient } from "./portal-client.ts";

const yearMs = 365 * 86_400_000;

/**
 * Creates a subject for each situation that operators meet. `support` acts in the portal below `customers`.
 */
export async function seedStories(
  api: ApiClient,
  stripe: PocketStripe,
  support: PortalClient,
  customers: string,
): Promise<void> {
  await buy(api, stripe, "user_paid", "PRO_MONTHLY");
  await buy(api, stripe, "user_paid", "CREDITS_1000");
  // The included units are spent before the bought ones.
  await consume(api, "user_paid", 1_120);

  await buy(api, stripe, "user_allowance_used", "PRO_MONTHLY");
  for (const units of [450, 350, 200]) await consume(api, "user_allowance_used", units);

  await buy(api, stripe, "user_out_of_credits", "CREDITS_1000");
  for (const units of [400, 350, 250]) await consume(api, "user_out_of_credits", units);

  await creditsHeld(api, stripe);
  await pastDue(api, stripe);
  await recoveryLink(support, `${customers}/user_out_of_credits`);
  await refunded(api, stripe);
  await refundedMonth(api, stripe);
  await disputed(api, stripe);
  await partlyLost(api, stripe);
  await manualGrant(support, `${customers}/user_manual_grant`);

  // Stripe is late: it has neither sent the event nor listed it yet.
  await stripe.deliver("late");
  await buy(api, stripe, "user_paid_but_waiting", "CREDITS_1000");
  await stripe.deliver("normal");
}

/** Three jobs hold all credits. One of them settled a part. */
async function creditsHeld(api: ApiClient, stripe: PocketStripe): Promise<void> {
  const subject_ref = "user_credits_held";
  await buy(api, stripe, subject_ref, "CREDITS_1000");
  const ids: unknown[] = [];
  for (const units of [500, 300, 200]) {
    const body = { subject_ref, units, expires_in_seconds: 86_400 };
    const reply = await api.post("/v1/usage/reserve", body, { "Idempotency-Key": `render-${units}` });
    if (reply.status !== 201) throw new Error(`reserve: ${reply.status} ${JSON.stringify(reply.body)}`);
    ids.push(reply.body["reservation_id"]);
  }
  const part = { subject_ref, reservation_id: ids[0], units: 120, keep_open: true };
  const settled = await api.post("/v1/usage/settle", part, { "Idempotency-Key": "render-500-part-1" });
  if (settled.status !== 200) throw new Error(`settle: ${settled.status} ${JSON.stringify(settled.body)}`);
}

/** The payment of the second month failed. */
async function pastDue(api: ApiClient, stripe: PocketStripe): Promise<void> {
  const session = await stripe.session(await buy(api, stripe, "user_past_due", "PRO_MONTHLY"));
  await stripe.control(`subscriptions/${session.subscription}`, { next_payment: "fail" });
  await stripe.control(`subscriptions/${session.subscription}`, { renew: "now" });
}

/** The customer wants to buy more, and an operator created a link to a checkout. */
async function recoveryLink(support: PortalClient, customer: string): Promise<void> {
  const path = `${customer}/recovery-link`;
  const { html } = await support.get(path);
  await support.submit(path, { ...hiddenFields(html, path), days: "7" });
}

/** The customer got a full refund after spending some of the credits. */
async function refunded(api: ApiClient, stripe: PocketStripe): Promise<void> {
  const session = await stripe.session(await buy(api, stripe, "user_refunded", "CREDITS_1000"));
  await consume(api, "user_refunded", 250);
  await stripe.control("refunds", { payment_intent: session.payment_intent });
}

/** The month that the customer is in was refunded. The subscription stays active in Stripe. */
async function refundedMonth(api: ApiClient, stripe: PocketStripe): Promise<void> {
  const session = await stripe.session(await buy(api, stripe, "user_refunded_month", "PRO_MONTHLY"));
  const { client } = stripe;
  const invoices = await client.invoices.list({ subscription: session.subscription ?? "", limit: 1 });
  const payments = await client.invoicePayments.list({ invoice: invoices.data[0]?.id ?? "" });
  await stripe.control("refunds", { payment_intent: payments.data[0]?.payment.payment_intent });
}

/** The bank took 60 % of the payment back. The credits stay, and an operator sees a flag. */
async function partlyLost(api: ApiClient, stripe: PocketStripe): Promise<void> {
  const session = await stripe.session(await buy(api, stripe, "user_partly_lost", "CREDITS_1000"));
  const opened = await stripe.control("disputes", { payment_intent: session.payment_intent, amount: 2_940 });
  const { dispute } = opened as { dispute: { id: string } };
  await stripe.control(`disputes/${dispute.id}`, { status: "lost" });
}

/** The customer disputed the payment for the day pass with their bank. */
async function disputed(api: ApiClient, stripe: PocketStripe): Promise<void> {
  const session = await stripe.session(await buy(api, stripe, "user_disputed", "DAY_PASS"));
  await stripe.control("disputes", { payment_intent: session.payment_intent });
}

/** The customer paid by bank transfer, outside Stripe, so an operator granted access after a preview. */
export async function manualGrant(support: PortalClient, customer: string): Promise<void> {
  const opened = await support.get(`${customer}/grant`);
  const { html } = await support.submit(`${customer}/grant/preview`, {
    ...hiddenFields(opened.html, `${customer}/grant/preview`),
    product_code: "PRO_MONTHLY",
    units: "",
    duration_days: "",
    ends_on: new Date(Date.now() + yearMs).toISOString().slice(0, 10),
    reason: "paid_elsewhere",
    text: "Invoice 2041, paid by bank transfer for a year",
  });
  await support.submit(`${customer}/grant`, hiddenFields(html, `${customer}/grant`));
}
