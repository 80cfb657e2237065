import { randomBytes } from "node:crypto";
import { inject } from "vitest";
import { ApiClient, sessionIdOf } from "../../dev/seed/api-client.ts";
import { PocketStripe } from "../../dev/seed/pocket-stripe.ts";
import { provision } from "../../dev/seed/provision.ts";
import type { Mode, PlanStatus } from "../../shared/contract/enums.ts";

export interface World {
  origin: string;
  accountId: string;
  projectId: string;
  apiKey: string;
  keyId: string;
  api: ApiClient;
  stripe: PocketStripe;
  connection: { connectionId: string; webhookUrl: string; webhookSecret: string };
  prices: { credits: string; pass: string; pro: string };
}

interface WorldOptions {
  mode?: Mode;
  plan?: PlanStatus;
  successUrl?: string | null;
  origin?: string;
}

const accounts: PocketStripe[] = [];

/** Stops the billing of the worlds that this file made: the clock of a later file would renew their subscriptions. */
export async function stopBilling(): Promise<void> {
  for (const stripe of accounts.splice(0)) {
    const { id } = await stripe.client.accounts.retrieveCurrent();
    await stripe.control("billing", { account: id, stop: true });
  }
}

/** Creates a project with its own Stripe account, three products and an API key. */
export async function newWorld(options: WorldOptions = {}): Promise<World> {
  const { mode = "test", plan = "active", origin = inject("origin") } = options;
  const { successUrl = `${origin}/thanks` } = options;
  const stripeOrigin = options.origin ?? inject("stripeOrigin");
  const { accountId, projectId } = await provision<{ accountId: string; projectId: string }>(
    origin,
    "createProject",
    { accountName: "Test", name: "test", region: "weur", planStatus: plan, successUrl, cancelUrl: null },
  );
  const stripe = new PocketStripe(stripeOrigin, `sk_${mode}_${randomBytes(8).toString("hex")}`);
  // A stack of the file's own ends with it.
  if (options.origin === undefined) accounts.push(stripe);
  const connection = await provision<World["connection"]>(origin, "connectStripe", projectId, mode, {
    apiKey: stripe.apiKey,
    origin,
  });
  const prices = {
    credits: await stripe.createPrice("1,000 credits", 4_900),
    pass: await stripe.createPrice("Day pass", 500),
    pro: await stripe.createMonthlyPrice("Pro", 2_900),
  };
  await provision(origin, "createProduct", projectId, mode, {
    productCode: "CREDITS_1000",
    name: "1,000 credits",
    stripePriceId: prices.credits,
    kind: "usage_pack",
    units: 1_000,
    expiresAfterDays: null,
  });
  await provision(origin, "createProduct", projectId, mode, {
    productCode: "DAY_PASS",
    name: "Day pass",
    stripePriceId: prices.pass,
    kind: "time_pass",
    durationDays: 1,
  });
  await provision(origin, "createProduct", projectId, mode, {
    productCode: "PRO_MONTHLY",
    name: "Pro",
    stripePriceId: prices.pro,
    kind: "subscription",
  });
  const { apiKey, keyId } = await newKey(origin, projectId, mode);
  const api = new ApiClient(origin, apiKey);
  return { origin, accountId, projectId, apiKey, keyId, api, stripe, connection, prices };
}

export async function newKey(origin: string, projectId: string, mode: Mode, expiresAt: number | null = null) {
  const key = { name: "test", expiresAt };
  return provision<{ apiKey: string; keyId: string }>(origin, "createApiKey", projectId, mode, key);
}

/** Opens a checkout and pays it. Returns the session's ID. */
export async function buy(world: World, subjectRef: string, productCode = "CREDITS_1000"): Promise<string> {
  const reply = await world.api.checkout(subjectRef, productCode, randomBytes(8).toString("hex"));
  if (reply.status !== 201) throw new Error(`checkout: ${reply.status} ${JSON.stringify(reply.body)}`);
  const sessionId = sessionIdOf(reply.body.checkout_url);
  await world.stripe.pay(sessionId);
  return sessionId;
}

/** Returns the stack's current time in milliseconds since 1970. Some tests advance its clock. */
export async function readStackTime(origin: string): Promise<number> {
  const clock = (await (await fetch(`${origin}/__dev/clock`)).json()) as { now: string };
  return Date.parse(clock.now);
}
