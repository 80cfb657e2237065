import Stripe from "stripe";
import { type DemoProduct, demoProducts } from "./demo-products.ts";

/** The metadata by which a product and its price are found again, with the product code as its value. */
const mark = "licenzy_demo";

/** The Stripe account can't be used, or Stripe did not answer. The message is for the person at the terminal. */
export class StripeAccountError extends Error {
  override name = "StripeAccountError";
}

/**
 * Returns the price of each product of the demo in a Stripe test account, by product code. Creates what is missing and
 * activates what was archived. Products and prices are found by their metadata in complete lists, which Stripe keeps
 * consistent, unlike its search; the idempotency keys keep two stacks that start at the same time from making two.
 *
 * Safe to repeat: a kill between two calls leaves a product without a price, which the next call completes. Throws
 * StripeAccountError.
 */
export async function provideDemoPrices(client: Stripe): Promise<Map<string, string>> {
  try {
    const products = await collect(client.products.list({ limit: 100 }));
    const prices = new Map<string, string>();
    for (const demo of demoProducts) {
      const product = products.find(({ metadata }) => metadata[mark] === demo.code);
      prices.set(demo.code, await providePrice(client, demo, product));
    }
    return prices;
  } catch (error) {
    if (!(error instanceof Stripe.errors.StripeError)) throw error;
    throw new StripeAccountError(describe(error));
  }
}

async function providePrice(
  client: Stripe,
  demo: DemoProduct,
  found: Stripe.Product | undefined,
): Promise<string> {
  const metadata = { [mark]: demo.code };
  const product =
    found ??
    (await client.products.create(
      { name: demo.stripeName, metadata },
      { idempotencyKey: `licenzy_demo_product_${demo.code}` },
    ));
  if (!product.active) await client.products.update(product.id, { active: true });
  const prices = await collect(client.prices.list({ product: product.id, limit: 100 }));
  const price =
    prices.find((candidate) => candidate.metadata[mark] === demo.code) ??
    (await client.prices.create(
      {
        product: product.id,
        unit_amount: demo.amount,
        currency: "eur",
        ...(demo.isMonthly ? { recurring: { interval: "month" as const } } : {}),
        metadata,
      },
      { idempotencyKey: `licenzy_demo_price_${product.id}` },
    ));
  if (!price.active) await client.prices.update(price.id, { active: true });
  return price.id;
}

async function collect<T>(list: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of list) all.push(item);
  return all;
}

function describe(error: Stripe.errors.StripeError): string {
  if (error instanceof Stripe.errors.StripeAuthenticationError)
    return `Stripe rejected STRIPE_SECRET_KEY: ${error.message} Copy the key again from Stripe, under Developers, API keys.`;
  if (error instanceof Stripe.errors.StripePermissionError)
    return `The key can't create the demo's products: ${error.message} Give the restricted key Write on Products and Prices, or use the secret key sk_test_….`;
  if (error instanceof Stripe.errors.StripeConnectionError)
    return `Stripe can't be reached: ${error.message} Check the network and start again.`;
  return `Stripe refused to create the demo's products: ${error.message} Start again; what exists is found again.`;
}
