import type { Mode } from "../../shared/contract/enums.ts";
import { ApiClient } from "./api-client.ts";
import { demoProducts } from "./demo-products.ts";
import { PocketStripe } from "./pocket-stripe.ts";
import { hiddenField } from "./portal-client.ts";
import { type Demo, returnToShop, seedProductsAndKey, setUpDemo } from "./set-up-demo.ts";
import type { StackFile } from "./stack-file.ts";
import { seedStories } from "./stories.ts";
import { seedDeadDelivery, seedReceiver } from "./webhooks.ts";

/**
 * Creates the project `demo` with a subject for each situation that operators meet. Uses the product's own
 * interfaces: the portal's forms, the runtime API, and pocket Stripe's pay controls with the events that
 * follow. `stripeOrigin` is where pocket Stripe answers, by default in the stack. With several data `databases` each further
 * one gets a project with the same customers.
 */
export async function seed({
  origin,
  setupToken,
  stripeOrigin = origin,
  databases = 1,
}: {
  origin: string;
  setupToken: string;
  stripeOrigin?: string;
  databases?: number;
}): Promise<StackFile> {
  const demo = await setUpDemo({ origin, setupToken });
  const { projectId, support, operators } = demo;
  const test = await seedMode(demo, "test", stripeOrigin);
  const live = await seedMode(demo, "live", stripeOrigin);
  const scope = { projectId, mode: "test" as const };
  const receiver = await seedReceiver(origin, scope);
  const api = new ApiClient(origin, test.apiKey);
  await seedDeadDelivery(api, test.stripe, scope, receiver);
  await seedStories(api, test.stripe, support, `/p/${projectId}/test/customers`);
  for (let number = 2; number <= databases; number++) await seedFurther(demo, number, stripeOrigin);
  return {
    origin,
    project_id: projectId,
    test_key: test.apiKey,
    live_key: live.apiKey,
    stripe: { test: test.connection, live: live.connection },
    stripe_account: null,
    receiver,
    operators,
  };
}

/** The portal places each new project where the fewest are. */
async function seedFurther(demo: Demo, number: number, stripeOrigin: string): Promise<void> {
  const form = await demo.portal.get("/projects");
  const projectId = hiddenField(form.html, "project_id");
  const name = `demo ${number}`;
  await demo.portal.submit("/projects", { project_id: projectId, name, region: "weur" });
  await returnToShop(demo.portal, projectId, name);
  const { apiKey, stripe } = await seedMode({ ...demo, projectId }, "test", stripeOrigin, number);
  const api = new ApiClient(demo.portal.origin, apiKey);
  await seedStories(api, stripe, demo.support, `/p/${projectId}/test/customers`);
}

async function seedMode(demo: Demo, mode: Mode, stripeOrigin: string, account = 1) {
  const path = `/p/${demo.projectId}/${mode}`;
  const stripe = new PocketStripe(stripeOrigin, `sk_${mode}_demo${String(account).padStart(4, "0")}`);
  await demo.portal.submit(`${path}/stripe`, { api_key: stripe.apiKey });
  await demo.portal.submit(`${path}/stripe/webhook`);
  const prices = new Map<string, string>();
  for (const { code, stripeName, amount, isMonthly } of demoProducts) {
    const price = isMonthly
      ? stripe.createMonthlyPrice(stripeName, amount)
      : stripe.createPrice(stripeName, amount);
    prices.set(code, await price);
  }
  const apiKey = await seedProductsAndKey(demo, mode, prices);
  return { apiKey, stripe, connection: await connectionOf(stripe, mode) };
}

/** Reads the connection from Stripe's webhook endpoint, because the portal shows the secret only once. */
async function connectionOf(stripe: PocketStripe, mode: Mode) {
  const { url, secret } = await stripe.webhookEndpoint(mode);
  return { connection_id: url.split("/").at(-1) ?? "", webhook_url: url, webhook_secret: secret };
}
