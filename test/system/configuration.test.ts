import { randomBytes } from "node:crypto";
import { beforeAll, describe, expect, inject, it } from "vitest";
import { ApiClient } from "../../dev/seed/api-client.ts";
import { PocketStripe } from "../../dev/seed/pocket-stripe.ts";
import { hiddenField, hiddenFields, type PortalReply } from "../../dev/seed/portal-client.ts";
import { newId } from "../../shared/kit/ids.ts";
import { eventually } from "../eventually.ts";
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

describe("API key pages", () => {
  it("the keys page creates one key when its form is submitted twice", async () => {
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

  it("a rotated key works during its overlap and stops when revoked", async () => {
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
    await eventually(async () => expect((await check(keyIn(rotated))).status).toBe(401));
    expect((await check(old)).status).toBe(200);
    const again = { new_key_id: newId("key"), overlap: "1" };
    expect((await admin.portal.post(`${path}/keys/${newKeyId}/rotate`, again)).status).toBe(409);
  });
});

describe("Stripe connection page", () => {
  const connect = (api_key: string, mode = "test") =>
    admin.portal.post(`/p/${world.projectId}/${mode}/stripe`, { api_key });

  it.each([
    ["sk_live_0000000000000000", "This is a live key, but this page configures test mode"],
    ["pk_test_0000000000000000", "This is a publishable key"],
    ["whsec_00000000000000000000", "This is a webhook signing secret"],
    ["hello", "This is not a Stripe API key"],
    ["sk_test_1234567", "This key is too short. At least 8 characters must follow sk_test_."],
    ["sk_test_00000000_revoked", "Stripe rejected the key"],
  ])("the Stripe page rejects the key %s with an explanation", async (key, words) => {
    const reply = await connect(key);
    expect(reply.status).toBe(422);
    expect(reply.html).toContain(words);
    expect(reply.html).not.toContain(key);
  });

  it("the Stripe page lists each permission that a restricted key lacks and saves nothing", async () => {
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

  it("the Stripe page replaces the webhook when it registers again, and events still arrive", async () => {
    await admin.portal.submit(`${path}/stripe/webhook`);
    await admin.portal.submit(`${path}/stripe/webhook`);
    const endpoints = await world.stripe.client.webhookEndpoints.list();
    expect(endpoints.data).toHaveLength(1);
    await buy(world, "user_after_registering");
    await eventually(async () =>
      expect((await world.api.check("user_after_registering")).body.allowed).toBe(true),
    );
  });

  it("the Stripe page reports an outage and keeps the connection when Stripe is down", async () => {
    await world.stripe.control("api", { path: "/v1/balance", fail: { status: 503 }, next: 1 });
    const reply = await admin.portal.post(`${path}/stripe/check`);
    expect(reply.status).toBe(502);
    expect(reply.html).toContain("Stripe is temporarily unavailable");
    expect((await admin.portal.get(`${path}/stripe`)).html).toContain("Connected");
  });
});

describe("sample prices", () => {
  const form = (fields: Record<string, string> = {}) => ({
    account: `acct_${world.stripe.apiKey.split("_")[2]}`,
    mode: "test",
    return_to: `${path}/products/new`,
    ...fields,
  });

  it("the button of the Stripe page creates three prices, and a second click creates none", async () => {
    const { html } = await admin.portal.get(`${path}/stripe`);
    expect(hiddenFields(html, "/__dev/sample-prices")).toEqual(form({ return_to: `${path}/stripe` }));
    const count = async () => (await world.stripe.client.prices.list({ limit: 100 })).data.length;
    const before = await count();
    for (let click = 0; click < 2; click++) {
      const { status, location } = await admin.portal.post("/__dev/sample-prices", form());
      expect([status, location]).toEqual([303, `${path}/products/new?sample_prices=created`]);
      expect(await count()).toBe(before + 3);
    }
  });

  it("the control rejects other pages, other origins and fields that it can't use", async () => {
    const post = (fields: Record<string, string>, headers = {}) =>
      admin.portal.post("/__dev/sample-prices", form(fields), headers);
    expect((await post({}, { Origin: "https://evil.example" })).status).toBe(403);
    expect((await post({ return_to: "//evil.example/" })).status).toBe(400);
    expect((await post({ account: "acct_1" })).status).toBe(400);
    expect((await post({ mode: "both" })).status).toBe(400);
  });
});

describe("product pages", () => {
  const product = (fields: Record<string, string>) => ({
    product_code: "SPARE",
    name: "Spare",
    kind: "usage_pack",
    units: "10",
    expires_after_days: "",
    ...fields,
  });

  it("the product form rejects a price that is unknown, archived, recurring or in use", async () => {
    const recurring = await world.stripe.client.prices.create({
      product: (await world.stripe.client.products.create({ name: "Monthly" })).id,
      unit_amount: 900,
      currency: "eur",
      recurring: { interval: "month" },
    });
    const archived = await world.stripe.createPrice("Old", 100);
    await world.stripe.client.prices.update(archived, { active: false });
    const cases = {
      price_doesnotexist: "Stripe has no price price_doesnotexist",
      [archived]: "is archived in Stripe",
      [recurring.id]: "is paid every month",
      [world.prices.credits]: "already used by the product CREDITS_1000",
      "": "Enter a price ID",
    };
    for (const [price, words] of Object.entries(cases)) {
      const reply = await admin.portal.post(`${path}/products`, product({ price }));
      expect({ price, status: reply.status }).toEqual({ price, status: 422 });
      expect(reply.html).toContain(words);
      expect(reply.html).toContain('value="Spare"');
    }
    expect((await admin.portal.get(`${path}/products/SPARE`)).status).toBe(404);
  });

  it("the product form creates one product when it is submitted twice", async () => {
    const form = product({ product_code: "ONCE", price: await world.stripe.createPrice("Once", 100) });
    const replies = await Promise.all([1, 2].map(() => admin.portal.post(`${path}/products`, form)));
    expect(replies.map(({ status }) => status).toSorted()).toEqual([303, 409]);
  });

  it("the product form rejects an edit that would overwrite another operator's unseen edit", async () => {
    const price = await world.stripe.createPrice("Shared", 100);
    await admin.portal.submit(`${path}/products`, product({ product_code: "SHARED", price }));
    const where = `${path}/products/SHARED`;
    const version = hiddenField((await admin.portal.get(where)).html, "version");
    const edit = (name: string, v: string) => admin.portal.post(where, product({ version: v, price, name }));
    expect((await edit("First", version)).status).toBe(303);
    const second = await edit("Second", version);
    expect(second.status).toBe(409);
    expect(second.html).toContain('value="Second"');
    expect(second.html).toContain("Current values");
    expect((await edit("Second", hiddenField(second.html, "version"))).status).toBe(303);
    expect((await admin.portal.get(where)).html).toContain('value="Second"');
  });

  it("a product keeps its former prices and is sold again when restored from the archive", async () => {
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
    expect(stolen.html).toContain("already used by the product PRICED");
    await admin.portal.submit(`${where}/archive`);
    expect((await world.api.checkout("user_1", "PRICED", "after-archiving")).body).toMatchObject({
      error: "product_inactive",
    });
    await admin.portal.submit(`${where}/restore`);
    expect((await world.api.checkout("user_1", "PRICED", "after-restoring")).status).toBe(201);
  });

  it("the product form looks up a price while an operator types it", async () => {
    const lookUp = async (price: string, kind = "usage_pack") =>
      JSON.parse(
        (await admin.portal.get(`${path}/products/price?price=${price}&kind=${kind}`)).html,
      ) as unknown;
    expect(await lookUp(world.prices.credits)).toEqual({ ok: true, text: "1,000 credits: €49.00, once" });
    expect(await lookUp(world.prices.credits, "subscription")).toMatchObject({ ok: false });
    expect(await lookUp("prod_something")).toMatchObject({
      ok: false,
      text: expect.stringContaining("product ID"),
    });
  });
});

describe("Stripe event pages", () => {
  it("the portal lists a customer's Stripe events and shows their payloads", async () => {
    await buy(world, "user_events");
    await eventually(async () => {
      const list = await admin.portal.get(`${path}/events?customer=user_events`);
      expect(list.html).toContain("checkout.session.completed");
    });
    const list = await admin.portal.get(`${path}/events?customer=user_events`);
    const event = /\/events\/(evt_\w+)/.exec(list.html)?.[1] ?? "";
    const detail = await admin.portal.get(`${path}/events/${event}`);
    expect(detail.html).toContain("checkout.session.completed");
    expect(detail.html).toContain("payment_status");
    expect((await admin.portal.post(`${path}/events/${event}/retry`)).status).toBe(409);
    const found = await admin.portal.get(`${path}/customers?q=user_ev`);
    // A search with one match redirects to that customer.
    expect(found.location).toBe(`${path}/customers/user_events`);
  });
});

describe("audit log", () => {
  it("the audit log shows who changed what and never shows a secret", async () => {
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
