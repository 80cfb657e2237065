import { modes } from "../../shared/contract/enums.ts";
import type { GatewayEnv } from "./env.ts";
import { errorReply } from "./replies.ts";

/** The prices of the demo's products (dev/seed/seed.ts), in euro cents. */
const samplePrices = [
  { id: "pro", name: "Pro", fields: { unit_amount: "2900", "recurring[interval]": "month" } },
  { id: "credits", name: "1,000 credits", fields: { unit_amount: "4900" } },
  { id: "day_pass", name: "Day pass", fields: { unit_amount: "500" } },
];

/** The pages that have the form. Any other address would make the control an open redirect. */
const formPage = /^\/p\/\w+\/(?:test|live)\/(?:stripe|products\/new)$/;

/**
 * Creates the sample prices in an account of pocket Stripe, and redirects back to the page of the form. The
 * idempotency keys make a second click within 24 hours create nothing.
 */
export async function createSamplePrices(request: Request, env: GatewayEnv): Promise<Response> {
  const form = new URLSearchParams(await request.text());
  const [, account] = /^acct_([A-Za-z0-9]{8,})$/.exec(form.get("account") ?? "") ?? [];
  const mode = modes.find((candidate) => candidate === form.get("mode"));
  const returnTo = form.get("return_to") ?? "";
  if (account === undefined || mode === undefined || !formPage.test(returnTo)) {
    return errorReply(
      400,
      "invalid_request",
      "Send a form with account (acct_…), mode (test or live) and return_to, the path of the project's page stripe or products/new.",
    );
  }
  if (env.STRIPE_BASE !== undefined)
    return errorReply(409, "real_stripe", "This stack uses a real Stripe account. Create the prices there.");
  const key = `sk_${mode}_${account}`;
  for (const { id, name, fields } of samplePrices) {
    const product = await create(env, key, "products", `sample_product_${id}`, { name });
    await create(env, key, "prices", `sample_price_${id}`, { ...fields, product, currency: "eur" });
  }
  return new Response(null, { status: 303, headers: { location: `${returnTo}?sample_prices=created` } });
}

/** Creates an object in pocket Stripe and returns its id. */
async function create(
  env: GatewayEnv,
  key: string,
  resource: "products" | "prices",
  idempotencyKey: string,
  fields: Record<string, string>,
): Promise<string> {
  const reply = await env.POCKET_STRIPE.fetch(`${env.PUBLIC_ORIGIN}/pocket-stripe/v1/${resource}`, {
    method: "POST",
    headers: {
      authorization: `Bearer ${key}`,
      "content-type": "application/x-www-form-urlencoded",
      "idempotency-key": idempotencyKey,
    },
    body: new URLSearchParams(fields).toString(),
  });
  const text = await reply.text();
  if (!reply.ok) throw new Error(`POST /v1/${resource}: ${reply.status} ${text}`);
  return (JSON.parse(text) as { id: string }).id;
}
