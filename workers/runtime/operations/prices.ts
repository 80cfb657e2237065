import type Stripe from "stripe";
import type { PriceView } from "../../../shared/contract/operations/products.ts";
import { type OperatorReply, type Refusal, refusal } from "../../../shared/contract/operations/reply.ts";
import type { Scope } from "../../../shared/contract/scope.ts";
import { callStripe, StripeReadError } from "../../../shared/stripe/client.ts";
import { readProjectConnection } from "../db/stripe-connections.ts";
import type { RuntimeEnv } from "../env.ts";
import { createConnectionStripeClient } from "../stripe-connection/create-stripe-client.ts";
import { notConnected, stripeRefusal } from "./refusals.ts";

/** Returns the newest active prices of the account, at most 100. */
export async function fetchPrices(
  env: RuntimeEnv,
  scope: Scope,
): Promise<OperatorReply<{ prices: PriceView[] }>> {
  return fetchPricePage(env, scope, { after: null, limit: 100 });
}

/**
 * Returns a page of the account's active prices, newest first, after the price `after`, and where the next page begins:
 * `null` after the last one. One request to Stripe.
 */
export async function fetchPricePage(
  env: RuntimeEnv,
  scope: Scope,
  { after, limit }: { after: string | null; limit: number },
): Promise<OperatorReply<{ prices: PriceView[]; next: string | null }>> {
  return withStripe(env, scope, async (stripe) => {
    const start = after === null ? {} : { starting_after: after };
    const page = await stripe.prices.list({ active: true, limit, expand: ["data.product"], ...start });
    const next = page.has_more ? (page.data.at(-1)?.id ?? null) : null;
    return { outcome: "done", prices: page.data.map(toPriceView), next };
  });
}

export async function fetchPrice(
  env: RuntimeEnv,
  scope: Scope,
  priceId: string,
): Promise<OperatorReply<{ price: PriceView }>> {
  return withStripe(env, scope, async (stripe) => {
    try {
      const price = await callStripe(stripe.prices.retrieve(priceId, { expand: ["product"] }));
      return { outcome: "done", price: toPriceView(price) };
    } catch (error) {
      if (!(error instanceof StripeReadError)) throw error;
      return error.isMissing
        ? refusal("invalid", unknownPrice(priceId, scope), "stripePriceId")
        : refusal("stripe", priceUnavailable(priceId, error), "stripePriceId");
    }
  });
}

/** Calls Stripe with the connection of the scope. An error of Stripe's becomes a refusal. */
export async function withStripe<T>(
  env: RuntimeEnv,
  scope: Scope,
  call: (stripe: Stripe) => Promise<T>,
): Promise<T | Refusal> {
  const found = await readProjectConnection(env.DB, scope.projectId, scope.mode);
  if (found === null) return notConnected(scope);
  const stripe = await createConnectionStripeClient(env, found.connection);
  try {
    return await call(stripe);
  } catch (error) {
    return stripeRefusal(error);
  }
}

function unknownPrice(priceId: string, { mode }: Scope): string {
  const shape = priceId.startsWith("prod_")
    ? " This is a product ID. A price ID starts with price_."
    : ` Prices of ${mode === "test" ? "live" : "test"} mode are not visible here.`;
  return `Stripe has no price ${priceId} in ${mode} mode of the connected account.${shape}`;
}

/** A rate limit, an outage or a revoked key says nothing about the price itself. */
function priceUnavailable(priceId: string, { message }: StripeReadError): string {
  return `Stripe did not return the price ${priceId}, so the product was not saved. Try again in a minute. (${message})`;
}

function toPriceView(price: Stripe.Price): PriceView {
  const { product, recurring } = price;
  const named =
    typeof product === "object" && !product.deleted ? product.name : String(price.nickname ?? price.id);
  return {
    priceId: price.id,
    productName: named,
    unitAmount: price.unit_amount,
    currency: price.currency,
    interval: formatInterval(recurring),
    active: price.active,
  };
}

/** Formats the interval of a price: `month`, `3 months`; `null` for a price that is paid once. */
export function formatInterval(recurring: Stripe.Price.Recurring | null): string | null {
  if (recurring === null) return null;
  const { interval, interval_count: count } = recurring;
  return count === 1 ? interval : `${count} ${interval}s`;
}
