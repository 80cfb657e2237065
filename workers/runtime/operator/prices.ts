import type Stripe from "stripe";
import {
  type OperatorReply,
  type Place,
  type PriceView,
  type Refusal,
  refusal,
} from "../../../shared/contract/operator.ts";
import { d1 } from "../../../shared/db/deadline.ts";
import { readConnectionOf } from "../../../shared/db/stripe-connections.ts";
import { askStripe, StripeNotAnswering } from "../../../shared/stripe/gateway.ts";
import { stripeOfConnection } from "../configuration/stripe-of-connection.ts";
import type { RuntimeEnv } from "../env.ts";
import { stripeRefusal } from "./refusal.ts";
import { notConnected } from "./stripe-connection.ts";

/** The newest active prices of the account, at most 100: what a person picks from. */
export async function fetchPrices(
  env: RuntimeEnv,
  place: Place,
): Promise<OperatorReply<{ prices: PriceView[] }>> {
  return withStripe(env, place, async (stripe) => {
    const page = await stripe.prices.list({ active: true, limit: 100, expand: ["data.product"] });
    return { outcome: "done", prices: page.data.map(viewOf) };
  });
}

export async function fetchPrice(
  env: RuntimeEnv,
  place: Place,
  priceId: string,
): Promise<OperatorReply<{ price: PriceView }>> {
  return withStripe(env, place, async (stripe) => {
    try {
      const price = await askStripe(stripe.prices.retrieve(priceId, { expand: ["product"] }));
      return { outcome: "done", price: viewOf(price) };
    } catch (error) {
      if (!(error instanceof StripeNotAnswering)) throw error;
      return error.isMissing
        ? refusal("invalid", unknownPrice(priceId, place), "price")
        : refusal("stripe", priceNotAsked(priceId, error), "price");
    }
  });
}

/** The customers at Stripe with this e-mail address, in any case of letters that Stripe takes for the same. */
export async function fetchCustomersByEmail(
  env: RuntimeEnv,
  place: Place,
  email: string,
): Promise<OperatorReply<{ customerIds: string[] }>> {
  return withStripe(env, place, async (stripe) => {
    const page = await stripe.customers.list({ email, limit: 100 });
    return { outcome: "done", customerIds: page.data.map(({ id }) => id) };
  });
}

async function withStripe<T>(
  env: RuntimeEnv,
  place: Place,
  ask: (stripe: Stripe) => Promise<T>,
): Promise<T | Refusal> {
  const found = await d1(readConnectionOf(env.DB, place.projectId, place.mode));
  if (found === null) return notConnected(place);
  const stripe = await stripeOfConnection(env, found.connection);
  try {
    return await ask(stripe);
  } catch (error) {
    return stripeRefusal(error);
  }
}

function unknownPrice(priceId: string, { mode }: Place): string {
  const shape = priceId.startsWith("prod_")
    ? " This is a product's id: a price's id begins with price_."
    : ` Prices of ${mode === "test" ? "live" : "test"} mode are not seen here.`;
  return `Stripe knows no price ${priceId} in ${mode} mode of the connected account.${shape}`;
}

/** A limit, an outage, a key that was withdrawn: none of them says anything about the price. */
function priceNotAsked(priceId: string, { message }: StripeNotAnswering): string {
  return `Stripe could not be asked about the price ${priceId}, and the product was not saved. Try again in a moment. (${message})`;
}

function viewOf(price: Stripe.Price): PriceView {
  const { product, recurring } = price;
  const named =
    typeof product === "object" && !product.deleted ? product.name : String(price.nickname ?? price.id);
  const count = recurring?.interval_count ?? 1;
  return {
    priceId: price.id,
    productName: named,
    unitAmount: price.unit_amount,
    currency: price.currency,
    interval:
      recurring === null ? null : count === 1 ? recurring.interval : `${count} ${recurring.interval}s`,
    active: price.active,
  };
}
