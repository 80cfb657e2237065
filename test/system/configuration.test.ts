import { randomBytes } from "node:crypto";
import { beforeAll, describe, expect, inject, it, vi } from "vitest";
import { ApiClient } from "../../dev/seed/api-client.ts";
import { PocketStripe } from "../../dev/seed/pocket-stripe.ts";
import { hiddenField, type PortalReply } from "../../dev/seed/portal-client.ts";
import { newId } from "../../shared/kit/ids.ts";
import { newOperator, type TestOperator } from "./operators.ts";
import { buy, newWorld, type World } from "./world.ts";

let world: World;
let admin: TestOperator;
let path: string;

beforeAll(async () => {
  world = await newWorld();
  admin = await newOperator("admin", world.accountId);
  path = `/p/${world.projectId}/test`;
});

const keyIn = ({ html }: PortalReply): string => /id="new-key">(lz_[0-9a-z_]+)</.exec(html)?.[1] ?? "";

async function createKey(name = "Backend"): Promise<string> {
  const keyId = hiddenField((await admin.portal.get(`${path}/keys`)).html, "key_id");
  return keyIn(await admin.portal.submit(`${path}/keys`, { key_id: keyId, name, expires: "" }));
}

const check = (apiKey: string) => new ApiClient(inject("origin"), apiKey).check("user_1");

describe("API keys", () => {
  it("are made once, however often the form is sent", async () => {
    const keyId = hiddenField((await admin.portal.get(`${path}/keys`)).html, "key_id");
    const form = { key_id: keyId, name: "Twice", expires: "" };
    const replies = await Promise.all([1, 2].map(() => admin.portal.post(`${path}/keys`, form)));
    expect(replies.map(({ status }) => status).toSorted()).toEqual([200, 409]);
    const apiKey = replies.map(keyIn).find((key) => key !== "") ?? "";
    expect((await check(apiKey)).status).toBe(200);
    const { html } = await admin.portal.get(`${path}/keys`);
    expect(html.match(/Twice/g)).toHaveLength(1);
    expect(html).not.toContain(apiKey);
  });

  it("rotate with an overlap, and stop when revoked", async () => {
    const old = await createKey("Rotated");
    const list = await admin.portal.get(`${path}/keys`);
    const keyId = /Rotated.*?\/keys\/(key_\w+)\/rotate/s.exec(list.html)?.[1] ?? "";
    const newKeyId = hiddenField((await admin.portal.get(`${path}/keys/${keyId}/rotate`)).html, "new_key_id");
    const rotated = await admin.portal.submit(`${path}/keys/${keyId}/rotate`, {
      new_key_id: newKeyId,
      overlap: "1",
    });
    for (const key of [old, keyIn(rotated)]) expect((await check(key)).status).toBe(200);
    await admin.portal.submit(`${path}/keys/${newKeyId}/revoke`);
    await vi.waitFor(async () => expect((await check(keyIn(rotated))).status).toBe(401), 8_000);
    expect((await check(old)).status).toBe(200);
    const again = { new_key_id: newId("key"), overlap: "1" };
    expect((await admin.portal.post(`${path}/keys/${newKeyId}/rotate`, again)).status).toBe(409);
  });
});

describe("the Stripe connection", () => {
  const connect = (api_key: string, mode = "test") =>
    admin.portal.post(`/p/${world.projectId}/${mode}/stripe`, { api_key });

  it.each([
    ["sk_live_0000000000000000", "This is a live key, but this page is about test mode"],
    ["pk_test_0000000000000000", "This is a publishable key"],
    ["whsec_00000000000000000000", "This is a webhook&#39;s signing secret"],
    ["hello", "This is no Stripe API key"],
    ["sk_test_00000000_revoked", "Stripe did not accept the key"],
  ])("refuses %s in words", async (key, words) => {
    const reply = await connect(key);
    expect(reply.status).toBe(422);
    expect(reply.html).toContain(words);
    expect(reply.html).not.toContain(key);
  });

  it("names each permission that a restricted key lacks, and saves nothing", async () => {
    const other = await newWorld();
    const operator = await newOperator("admin", other.accountId);
    const key = `rk_test_${randomBytes(8).toString("hex")}`;
    const stripe = new PocketStripe(inject("origin"), key);
    await stripe.control("keys", { key, missing: ["rak_event_read", "rak_webhook_write"] });
    const where = `/p/${other.projectId}/test/stripe`;
    const reply = await operator.portal.post(where, { api_key: key });
    expect(reply.status).toBe(422);
    expect(reply.html).toContain("Webhook Endpoints: Write");
    expect(reply.html).toContain("Events: Read");
    expect(reply.html).not.toContain("Prices: Read");
    expect((await operator.portal.get(where)).html).not.toContain(key.slice(-4));
    await stripe.control("keys", { key, missing: [] });
    expect((await operator.portal.post(where, { api_key: key })).status).toBe(303);
  });

  it("registers the webhook again in place of the old one, and events still come", async () => {
    await admin.portal.submit(`${path}/stripe/webhook`);
    await admin.portal.submit(`${path}/stripe/webhook`);
    const endpoints = await world.stripe.client.webhookEndpoints.list();
    expect(endpoints.data).toHaveLength(1);
    await buy(world, "user_after_registering");
    await vi.waitFor(
      async () => expect((await world.api.check("user_after_registering")).body.allowed).toBe(true),
      5_000,
    );
  });

  it("says that Stripe can't be reached, and keeps what was there", async () => {
    await world.stripe.control("api", { path: "/v1/balance", fail: { status: 503 }, next: 1 });
    const reply = await admin.portal.post(`${path}/stripe/check`);
    expect(reply.status).toBe(502);
    expect(reply.html).toContain("Stripe is temporarily unavailable");
    expect((await admin.portal.get(`${path}/stripe`)).html).toContain("Connected");
  });
});

describe("products", () => {
  const product = (fields: Record<string, string>) => ({
    product_code: "SPARE",
    name: "Spare",
    kind: "usage_pack",
    units: "10",
    expires_after_days: "",
    ...fields,
  });

  it("refuse a price that Stripe does not know, is archived, recurring, or another product's", async () => {
    const recurring = await world.stripe.client.prices.create({
      product: (await world.stripe.client.products.create({ name: "Monthly" })).id,
      unit_amount: 900,
      currency: "eur",
      recurring: { interval: "month" },
    });
    const archived = await world.stripe.createPrice("Old", 100);
    await world.stripe.client.prices.update(archived, { active: false });
    const cases = {
      price_doesnotexist: "Stripe knows no price price_doesnotexist",
      [archived]: "is archived in Stripe",
      [recurring.id]: "is paid every month",
      [world.prices.credits]: "belongs to the product CREDITS_1000 already",
      "": "A price&#39;s id is needed",
    };
    for (const [price, words] of Object.entries(cases)) {
      const reply = await admin.portal.post(`${path}/products`, product({ price }));
      expect({ price, status: reply.status }).toEqual({ price, status: 422 });
      expect(reply.html).toContain(words);
      expect(reply.html).toContain('value="Spare"');
    }
    expect((await admin.portal.get(`${path}/products/SPARE`)).status).toBe(404);
  });

  it("are made once, however often the form is sent", async () => {
    const form = product({ product_code: "ONCE", price: await world.stripe.createPrice("Once", 100) });
    const replies = await Promise.all([1, 2].map(() => admin.portal.post(`${path}/products`, form)));
    expect(replies.map(({ status }) => status).toSorted()).toEqual([303, 409]);
  });

  it("let nobody overwrite what somebody else saved meanwhile without seeing it", async () => {
    const price = await world.stripe.createPrice("Shared", 100);
    await admin.portal.submit(`${path}/products`, product({ product_code: "SHARED", price }));
    const where = `${path}/products/SHARED`;
    const version = hiddenField((await admin.portal.get(where)).html, "version");
    const edit = (name: string, v: string) => admin.portal.post(where, product({ version: v, price, name }));
    expect((await edit("First", version)).status).toBe(303);
    const second = await edit("Second", version);
    expect(second.status).toBe(409);
    expect(second.html).toContain('value="Second"');
    expect(second.html).toContain("What stands now");
    expect((await edit("Second", hiddenField(second.html, "version"))).status).toBe(303);
    expect((await admin.portal.get(where)).html).toContain('value="Second"');
  });

  it("keep former prices, go out of sale and come back", async () => {
    const [first, next] = [
      await world.stripe.createPrice("P1", 100),
      await world.stripe.createPrice("P2", 200),
    ];
    await admin.portal.submit(`${path}/products`, product({ product_code: "PRICED", price: first }));
    const where = `${path}/products/PRICED`;
    const version = hiddenField((await admin.portal.get(where)).html, "version");
    await admin.portal.submit(where, product({ version, price: next }));
    const { html } = await admin.portal.get(where);
    for (const price of [first, next]) expect(html).toContain(price);
    const stolen = await admin.portal.post(
      `${path}/products`,
      product({ product_code: "THIEF", price: first }),
    );
    expect(stolen.html).toContain("belongs to the product PRICED already");
    await admin.portal.submit(`${where}/archive`);
    expect((await world.api.checkout("user_1", "PRICED", "after-archiving")).body).toMatchObject({
      error: "product_inactive",
    });
    await admin.portal.submit(`${where}/restore`);
    expect((await world.api.checkout("user_1", "PRICED", "after-restoring")).status).toBe(201);
  });

  it("look a price up while it is typed", async () => {
    const ask = async (price: string, kind = "usage_pack") =>
      JSON.parse(
        (await admin.portal.get(`${path}/products/price?price=${price}&kind=${kind}`)).html,
      ) as unknown;
    expect(await ask(world.prices.credits)).toEqual({ ok: true, text: "1,000 credits: €49.00, once" });
    expect(await ask(world.prices.credits, "subscription")).toMatchObject({ ok: false });
    expect(await ask("prod_something")).toMatchObject({
      ok: false,
      text: expect.stringContaining("product's id"),
    });
  });
});

describe("inbound events", () => {
  it("are listed, shown with payload, and found by customer", async () => {
    await buy(world, "user_events");
    await vi.waitFor(async () => {
      const list = await admin.portal.get(`${path}/events?customer=user_events`);
      expect(list.html).toContain("checkout.session.completed");
    }, 5_000);
    const list = await admin.portal.get(`${path}/events?customer=user_events`);
    const event = /\/events\/(evt_\w+)/.exec(list.html)?.[1] ?? "";
    const detail = await admin.portal.get(`${path}/events/${event}`);
    expect(detail.html).toContain("checkout.session.completed");
    expect(detail.html).toContain("payment_status");
    expect((await admin.portal.post(`${path}/events/${event}/retry`)).status).toBe(409);
    const found = await admin.portal.get(`${path}/customers?q=user_ev`);
    // Found alone, so the search leads to the customer.
    expect(found.location).toBe(`${path}/customers/user_events`);
  });
});

describe("the audit log", () => {
  it("says who did what, with before and after, and never a secret", async () => {
    const apiKey = await createKey("Audited");
    const { html } = await admin.portal.get("/audit");
    expect(html).toContain("api_key.create");
    expect(html).toContain(admin.email);
    const csv = (await admin.portal.get("/audit/export?action=api_key.create")).html;
    expect(csv.split("\r\n")[0]).toContain('"operator_email"');
    expect(csv).toContain("Audited");
    expect(csv).not.toContain(apiKey);
    expect(csv).not.toContain("product.create");
  });
});
