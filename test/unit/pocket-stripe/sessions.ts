import type { startPocketStripe } from "./start-pocket-stripe.ts";

type Pocket = Awaited<ReturnType<typeof startPocketStripe>>;

/** Opens a checkout session of the prices, ends it, and returns the ids of what it made. */
export async function sessionFor(
  { stripe }: Pocket,
  prices: string[],
  outcome: "paid" | "unpaid",
  options: { coupon?: string; mode?: "payment" | "subscription" } = {},
) {
  const { id } = await stripe.client.checkout.sessions.create({
    mode: options.mode ?? "payment",
    line_items: prices.map((price) => ({ price, quantity: 1 })),
    success_url: "http://shop.test/thanks",
    ...(options.coupon === undefined ? {} : { discounts: [{ coupon: options.coupon }] }),
  });
  await stripe.pay(id, { outcome });
  const session = await stripe.client.checkout.sessions.retrieve(id);
  return {
    session,
    payment_intent: String(session.payment_intent),
    subscription: String(session.subscription),
    invoice: String(session.invoice),
  };
}
