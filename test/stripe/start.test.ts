import { randomBytes } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Stripe from "stripe";
import { afterAll, beforeAll, describe, expect, inject, it, vi } from "vitest";
import { ApiClient, sessionIdOf } from "../../dev/seed/api-client.ts";
import { provideDemoPrices, StripeAccountError } from "../../dev/seed/demo-prices.ts";
import { demoProducts } from "../../dev/seed/demo-products.ts";
import { PocketStripe } from "../../dev/seed/pocket-stripe.ts";
import type { StackFile } from "../../dev/seed/stack-file.ts";
import { createClient } from "../../dev/seed/stripe-client.ts";
import { rootDir } from "../../dev/stack/paths.ts";
import { startGroup } from "../../dev/stack/process-group.ts";
import { eventually } from "../eventually.ts";

/** `npm start` on a Stripe account that it reaches over TCP, with nothing of development in between. */

const newKey = (kind: "sk" | "rk" = "rk") => `${kind}_test_${randomBytes(8).toString("hex")}`;
const stripeBase = () => `${inject("stripeOrigin")}/pocket-stripe`;
const webhookSecret = `whsec_${randomBytes(16).toString("hex")}`;

interface Started {
  file: StackFile;
  output(): string;
  stop(): Promise<void>;
}

/** Runs `npm start` until it prints `until`, with its state in `folder`. */
async function start(folder: string, environment: Record<string, string>, until: string): Promise<Started> {
  const lines: string[] = [];
  const group = startGroup(["--import", "tsx", "scripts/start.ts"], {
    cwd: rootDir,
    env: {
      ...process.env,
      PORT: "0",
      LICENZY_DEV_DIR: folder,
      STRIPE_API_BASE: stripeBase(),
      ...environment,
    },
    onLine: (line) => lines.push(line),
  });
  const output = () => lines.join("\n");
  let isOver = false;
  void group.ended.then(() => {
    isOver = true;
  });
  try {
    await vi.waitUntil(() => isOver || output().includes(until), { timeout: 90_000, interval: 100 });
    if (!output().includes(until)) throw new Error(`npm start ended:\n${output()}`);
    const text = await readFile(join(folder, "stack.json"), "utf8").catch(() => "{}");
    return { file: JSON.parse(text) as StackFile, output, stop: () => group.stop(20_000) };
  } catch (error) {
    await group.stop();
    throw error;
  }
}

describe("npm start with the key of a Stripe test account", () => {
  const key = newKey();
  let folder: string;
  let stack: Started;
  let api: ApiClient;
  let stripe: PocketStripe;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "licenzy-start-"));
    const environment = { STRIPE_SECRET_KEY: key, STRIPE_WEBHOOK_SECRET: webhookSecret };
    stack = await start(folder, environment, "overspend");
    api = new ApiClient(stack.file.origin, stack.file.test_key);
    stripe = new PocketStripe(inject("stripeOrigin"), key);
  }, 120_000);
  afterAll(async () => {
    await stack?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it("makes the demo's products there, registers no webhook, and says what to do", async () => {
    const { data: products } = await stripe.client.products.list();
    expect(products.map(({ metadata }) => metadata["licenzy_demo"]).toSorted()).toEqual(
      demoProducts.map(({ code }) => code).toSorted(),
    );
    expect((await stripe.client.webhookEndpoints.list()).data).toEqual([]);
    expect(stack.output()).toContain("4242 4242 4242 4242");
    expect(stack.output()).not.toContain(key);
  });

  it("seeds what needs no payment", async () => {
    expect((await api.check("user_manual_grant")).body.allowed).toBe(true);
    expect((await api.check("user_checkout_open")).body).toMatchObject({ allowed: false });
    const { data } = await stripe.client.checkout.sessions.list();
    expect(data.map(({ metadata }) => metadata?.["licenzy_subject_ref"])).toEqual(["user_checkout_open"]);
  });

  it("completes the main job: pays on Stripe's page, and polls for the event", async () => {
    const { body } = await api.checkout("user_1", "CREDITS_1000", "order-1");
    expect(body.checkout_url).toContain(inject("stripeOrigin"));
    const paid = await fetch(body.checkout_url, {
      method: "POST",
      body: new URLSearchParams({ action: "pay", email: "user_1@example.com" }),
      redirect: "manual",
    });
    expect(paid.status).toBe(303);
    await eventually(async () => expect((await api.check("user_1")).body.allowed).toBe(true));
    expect(await api.consume("user_1", 100, "spend-1")).toMatchObject({ body: { usage_remaining: 900 } });
    expect(await api.consume("user_1", 901, "spend-2")).toMatchObject({
      status: 409,
      body: { error: "insufficient_usage" },
    });
  });

  it("takes an event that stripe listen forwards, and refuses one with another secret", async () => {
    const { body } = await api.checkout("user_2", "DAY_PASS", "order-2");
    await stripe.pay(sessionIdOf(body.checkout_url));
    const { data } = await stripe.client.events.list({ type: "checkout.session.completed", limit: 1 });
    const payload = JSON.stringify(data[0]);
    const post = (secret: string) =>
      fetch(stack.file.stripe.test.webhook_url, {
        method: "POST",
        headers: { "Stripe-Signature": Stripe.webhooks.generateTestHeaderString({ payload, secret }) },
        body: payload,
      });
    expect((await post(`${webhookSecret}0`)).status).toBe(400);
    expect((await post(webhookSecret)).status).toBe(200);
    await eventually(async () => expect((await api.check("user_2")).body.allowed).toBe(true));
  });

  it("refuses to open its state with pocket Stripe", async () => {
    await stack.stop();
    const refused = start(folder, { STRIPE_SECRET_KEY: "" }, "never printed");
    await expect(refused).rejects.toThrow("This state was made with your Stripe account");
  });
});

describe("the demo's products in a Stripe account", () => {
  it("are found again by their metadata, and never made twice", async () => {
    const client = createClient(newKey("sk"), stripeBase());
    await client.products.create({ name: "The account's own" });
    const [first, second] = await Promise.all([provideDemoPrices(client), provideDemoPrices(client)]);
    expect(second).toEqual(first);
    expect(await provideDemoPrices(client)).toEqual(first);
    expect((await client.products.list()).data.length).toBe(demoProducts.length + 1);
    expect((await client.prices.list()).data.length).toBe(demoProducts.length);
  });

  it("are completed after a kill between a product and its price, and activated when archived", async () => {
    const client = createClient(newKey("sk"), stripeBase());
    const metadata = { licenzy_demo: "DAY_PASS" };
    const product = await client.products.create({ name: "Day pass", metadata, active: false });
    const prices = await provideDemoPrices(client);
    const price = await client.prices.retrieve(prices.get("DAY_PASS") ?? "");
    expect(price).toMatchObject({ product: product.id, active: true });
    expect((await client.products.retrieve(product.id)).active).toBe(true);
  });

  it("are refused in words when the key lacks a permission or is revoked", async () => {
    const key = newKey();
    await new PocketStripe(inject("stripeOrigin"), key).control("keys", {
      key,
      missing: ["rak_product_write"],
    });
    await expect(provideDemoPrices(createClient(key, stripeBase()))).rejects.toThrow(
      "Give the restricted key Write on Products and Prices",
    );
    const revoked = provideDemoPrices(createClient(`${newKey("sk")}_revoked`, stripeBase()));
    await expect(revoked).rejects.toThrow(StripeAccountError);
    await expect(revoked).rejects.toThrow("Stripe rejected STRIPE_SECRET_KEY");
  });
});
