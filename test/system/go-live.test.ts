import { randomBytes } from "node:crypto";
import { beforeAll, describe, expect, it } from "vitest";
import { PocketStripe } from "../../dev/seed/pocket-stripe.ts";
import { hiddenField, sentencesOf } from "../../dev/seed/portal-client.ts";
import { provision } from "../../dev/seed/provision.ts";
import { toText } from "./forms.ts";
import { newOperator, type TestOperator } from "./operators.ts";
import { newWorld, type World } from "./world.ts";

let world: World;
let admin: TestOperator;
let owner: TestOperator;
let live: PocketStripe;
let path: string;

beforeAll(async () => {
  world = await newWorld();
  admin = await newOperator("admin", world.accountId);
  owner = await newOperator("owner", world.accountId);
  live = new PocketStripe(world.origin, `sk_live_${randomBytes(8).toString("hex")}`);
  await provision(world.origin, "connectStripe", world.projectId, "live", {
    apiKey: live.apiKey,
    origin: world.origin,
  });
  path = `/p/${world.projectId}/live`;
});

/** The text of the checklist, without markup. */
async function checklist(): Promise<string> {
  const { html } = await admin.portal.get(`${path}/go-live`);
  return html
    .slice(html.indexOf("<main"))
    .replace(/<[^>]+>/g, " ")
    .replace(/\s+/g, " ")
    .replaceAll("&#39;", "'");
}

const copyPath = (code: string) => `${path}/go-live/copy/${code}`;

/** The fields of the form that copies a product, as the page offers them. */
async function offer(code: string): Promise<Record<string, string>> {
  const { status, html } = await admin.portal.get(copyPath(code));
  expect(status, sentencesOf(html)).toBe(200);
  const price = /id="price"[^>]* value="([^"]*)"/.exec(html)?.[1] ?? "";
  const field = (name: string) => hiddenField(html, name);
  return { price, test_version: field("test_version"), live_version: field("live_version") };
}

const liveProducts = async () => (await admin.portal.get(`${path}/products`)).html;

describe("the go-live checklist", () => {
  it("names the plan and redirect URLs that real customers can't use", async () => {
    expect(await checklist()).toContain("Activate the plan · done");
    expect(await checklist()).toContain("Customers can't open http://localhost");
    await owner.portal.submit("/plan", { plan: "lapsed" });
    expect(await checklist()).toContain(
      "Live checkouts and usage are refused without a trial or active plan.",
    );
    await owner.portal.submit("/plan", { plan: "active" });

    const settings = await admin.portal.get(`${path}/settings`);
    const fields = { version: hiddenField(settings.html, "version"), name: "test", grace_days: "0" };
    await admin.portal.submit(`${path}/settings`, { ...fields, success_url: "", cancel_url: "" });
    expect(await checklist()).toContain("The success URL is not set.");
    const again = await admin.portal.get(`${path}/settings`);
    await admin.portal.submit(`${path}/settings`, {
      ...fields,
      version: hiddenField(again.html, "version"),
      success_url: "https://shop.example/thanks",
      cancel_url: "",
    });
    expect(await checklist()).toContain("Set the redirect URLs · done");
  });

  it("a missing product is copied with the live price of the same amount, once", async () => {
    expect(await checklist()).toContain("CREDITS_1000 · Usage pack, 1,000 units Copy CREDITS_1000 to live…");
    const priceId = await live.createPrice("1,000 credits", 4_900);
    await live.createPrice("Other credits", 4_901);
    await live.createMonthlyPrice("Monthly", 4_900);
    const form = await offer("CREDITS_1000");
    expect(form).toMatchObject({ price: priceId, live_version: "" });
    const done = await admin.portal.post(copyPath("CREDITS_1000"), form);
    expect(done.status, sentencesOf(done.html)).toBe(303);
    expect((await admin.portal.get(done.location ?? "")).html).toContain(
      "CREDITS_1000 is created in live mode.",
    );
    expect(await checklist()).not.toContain("Copy CREDITS_1000 to live");
    // The same form again, as after a lost response: it may not create or change anything.
    const repeated = await admin.portal.submit(copyPath("CREDITS_1000"), form);
    expect((await admin.portal.get(repeated.location ?? "")).html).toContain(
      "has these terms in live mode already",
    );
    expect((await liveProducts()).match(/products\/CREDITS_1000"/g)?.length).toBe(1);
  });

  it("a twin with other terms is named, and copied after a confirmation", async () => {
    const priceId = await live.createPrice("Day pass", 500);
    await provision(world.origin, "createProduct", world.projectId, "live", {
      productCode: "DAY_PASS",
      name: "Day pass",
      stripePriceId: priceId,
      kind: "time_pass",
      durationDays: 2,
    });
    expect(await checklist()).toContain(
      "DAY_PASS · Live: Time pass, 2 days of access; test: Time pass, 1 day of access Copy DAY_PASS to live…",
    );
    const form = await offer("DAY_PASS");
    expect(form["price"]).toBe(priceId);
    const question = await admin.portal.post(copyPath("DAY_PASS"), form);
    expect(question.html).toContain("Replace the terms of DAY_PASS in live mode?");
    expect(await checklist()).toContain("DAY_PASS");
    await admin.portal.submit(copyPath("DAY_PASS"), form);
    expect(await checklist()).not.toContain("DAY_PASS ·");
    expect(await checklist()).toContain("Create the missing products first.");
  });

  it("a copy of a product that changed meanwhile is refused, and nothing is copied", async () => {
    const priceId = await live.createMonthlyPrice("Pro", 2_900);
    const form = { ...(await offer("PRO_MONTHLY")), price: priceId };
    const edit = await admin.portal.get(`/p/${world.projectId}/test/products/PRO_MONTHLY`);
    await admin.portal.submit(`/p/${world.projectId}/test/products/PRO_MONTHLY`, {
      version: hiddenField(edit.html, "version"),
      name: "Pro, renamed",
      kind: "subscription",
      price: world.prices.pro,
    });
    const stale = await admin.portal.post(copyPath("PRO_MONTHLY"), form);
    expect(stale.status).toBe(409);
    expect(stale.html).toContain("The test product changed since the form was opened. Nothing was copied.");
    expect(await liveProducts()).not.toContain("PRO_MONTHLY");
  });

  it.each([
    ["of test mode", () => world.prices.pro, "Stripe has no price"],
    ["that is paid once", () => live.createPrice("Once", 100), "needs a recurring price"],
    ["of another product", () => live.createMonthlyPrice("Taken", 7), "already used by the product TAKEN"],
    ["that is no id", async () => "29.00", "Enter a price ID"],
  ])("a price %s is refused at its field", async (_title, findPrice, message) => {
    const price = await findPrice();
    if (message.includes("TAKEN"))
      await provision(world.origin, "createProduct", world.projectId, "live", {
        productCode: "TAKEN",
        name: "Taken",
        stripePriceId: price,
        kind: "subscription",
      });
    const reply = await admin.portal.post(copyPath("PRO_MONTHLY"), {
      ...(await offer("PRO_MONTHLY")),
      price,
    });
    expect(reply.status).toBe(422);
    expect(reply.html).toContain(message);
  });

  it("a kind that differs and an unknown product can't be copied", async () => {
    await provision(world.origin, "createProduct", world.projectId, "live", {
      productCode: "PRO_MONTHLY",
      name: "Pro",
      stripePriceId: await live.createPrice("Pro once", 9_900),
      kind: "time_pass",
      durationDays: 30,
    });
    const form = { ...(await offer("PRO_MONTHLY")), price: await live.createMonthlyPrice("Pro 2", 2_901) };
    const reply = await admin.portal.post(copyPath("PRO_MONTHLY"), { ...form, confirmed: "yes" });
    expect(reply.status).toBe(422);
    expect(reply.html).toContain("Create a product with another code in both modes.");
    expect((await admin.portal.get(copyPath("NOTHING"))).status).toBe(404);
    const support = await newOperator("support", world.accountId);
    expect((await support.portal.post(copyPath("PRO_MONTHLY"), form)).status).toBe(403);
  });

  it("the checkout settings are copied, and what is sold instead as soon as live mode sells it", async () => {
    const pack = { kind: "usage_pack", units: 10, expiresAfterDays: null };
    const priceId = await world.stripe.createPrice("Extra", 100);
    const extra = { productCode: "EXTRA", name: "Extra", stripePriceId: priceId, ...pack };
    await provision(world.origin, "createProduct", world.projectId, "test", extra);
    const edit = `/p/${world.projectId}/test/products/CREDITS_1000`;
    await admin.portal.submit(edit, {
      version: hiddenField((await admin.portal.get(edit)).html, "version"),
      name: "1,000 credits",
      kind: "usage_pack",
      price: world.prices.credits,
      units: "1000",
      expires_after_days: "",
      checkout_promotion_codes: "on",
      locale: "de",
      sell_instead: "EXTRA",
    });
    expect(await checklist()).toContain(
      "CREDITS_1000 · Live: Usage pack, 1,000 units; test: Usage pack, 1,000 units (promotion codes, German, sells EXTRA instead)",
    );
    const copy = async (code: string, change: object = {}) => {
      const done = await admin.portal.submit(copyPath(code), { ...(await offer(code)), ...change });
      return toText(await admin.portal.get(done.location ?? ""));
    };
    expect(await copy("CREDITS_1000")).toContain(
      "EXTRA, which it sells instead, isn't sold in live mode yet",
    );
    expect(await checklist()).toContain("Usage pack, 1,000 units (promotion codes, German); test:");
    await copy("EXTRA", { price: await live.createPrice("Extra", 100) });
    expect(await copy("CREDITS_1000")).toContain("CREDITS_1000 has the terms of test mode in live mode.");
    expect(await checklist()).not.toContain("CREDITS_1000 ·");
    expect(await copy("CREDITS_1000")).toContain("CREDITS_1000 has these terms in live mode already.");
  });

  it("signals and included units are copied, and named where live mode has others", async () => {
    const code = "TEAM";
    const subscription = { productCode: code, name: "Team", kind: "subscription" };
    const stripePriceId = await world.stripe.createMonthlyPrice("Team", 9_900);
    await provision(world.origin, "createProduct", world.projectId, "test", {
      ...subscription,
      stripePriceId,
    });
    const product = `/p/${world.projectId}/test/products/${code}`;
    const include = async (units: string, terms_version: string) =>
      admin.portal.submit(`${product}/allowance`, {
        terms_version,
        included_units: units,
        every: "month",
        rollover_windows: "1",
        rollover_max: "",
        in_trial: "",
        from: "",
      });
    const signal = async (days: string) =>
      admin.portal.submit(`${product}/signals`, {
        low_balance: "10",
        low_balance_in: "percent",
        expiring_days: days,
      });
    await include("1000", "0");
    await signal("7");
    const grant = "access while paid, 1,000 units a month, usable for 1 window more";
    expect(await checklist()).toContain(
      `TEAM · Subscription, ${grant} (low at 10%, expiring notice 7 days before) Copy TEAM to live…`,
    );
    const copy = async (change: object = {}) => {
      const done = await admin.portal.submit(copyPath(code), { ...(await offer(code)), ...change });
      return toText(await admin.portal.get(done.location ?? ""));
    };
    expect(await copy({ price: await live.createMonthlyPrice("Team", 9_900) })).toContain(
      "TEAM is created in live mode.",
    );
    expect(await checklist()).not.toContain("TEAM ·");
    const shown = toText(await admin.portal.get(`${path}/products/${code}`));
    expect(shown).toContain("Low balance: 10% of what a pack granted. Expiring notice: 7 days before.");
    expect(shown).toContain("1,000 a month");

    await include("2000", "1");
    await signal("3");
    expect(await checklist()).toContain("2,000 units a month");
    expect(await copy()).toContain("TEAM has the terms of test mode in live mode.");
    expect(await checklist()).not.toContain("TEAM ·");
    expect(await copy()).toContain("TEAM has these terms in live mode already.");
    await include("0", "2");
    expect(await copy()).toContain("TEAM has the terms of test mode in live mode.");
    expect(await checklist()).not.toContain("TEAM ·");
  });
});
