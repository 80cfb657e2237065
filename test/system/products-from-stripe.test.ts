import { describe, expect, it } from "vitest";
import { sentencesOf } from "../../dev/seed/portal-client.ts";
import { newOperator, type TestOperator } from "./operators.ts";
import { newWorld, type World } from "./world.ts";

type Fields = Record<string, string>;

/** A project with its Stripe account, and an admin on the page that lists the free prices. */
class PricesPage {
  private constructor(
    readonly world: World,
    readonly admin: TestOperator,
  ) {}

  static async open(): Promise<PricesPage> {
    const world = await newWorld();
    return new PricesPage(world, await newOperator("admin", world.accountId));
  }

  get path(): string {
    return `/p/${this.world.projectId}/test/products/from-stripe`;
  }

  /** The fields of the form as a browser would send them, with the given prices picked. */
  async form(picked: string[]): Promise<Fields> {
    const { status, html } = await this.admin.portal.get(this.path);
    expect(status, sentencesOf(html)).toBe(200);
    const fields: Fields = {};
    for (const [tag] of html.matchAll(/<input [^>]*>/g)) {
      const name = /name="(\w+_\d+)"/.exec(tag)?.[1];
      if (name !== undefined && !name.startsWith("pick"))
        fields[name] = /value="([^"]*)"/.exec(tag)?.[1] ?? "";
    }
    for (const [, name = "", options = ""] of html.matchAll(/<select name="(\w+)"[^>]*>(.*?)<\/select>/gs))
      fields[name] = /value="(\w+)" selected/.exec(options)?.[1] ?? "";
    for (const [name, value] of Object.entries(fields))
      if (name.startsWith("price_") && picked.includes(value)) fields[name.replace("price", "pick")] = "on";
    return fields;
  }

  /** The fields of one price, without their number. */
  static rowOf(fields: Fields, priceId: string): Fields {
    const number = Object.keys(fields)
      .find((name) => fields[name] === priceId)
      ?.split("_")[1];
    const row = Object.entries(fields).filter(([name]) => name.endsWith(`_${number}`));
    return Object.fromEntries(row.map(([name, value]) => [name.split("_")[0] ?? "", value]));
  }

  async post(fields: Fields) {
    const { status, html } = await this.admin.portal.post(this.path, fields);
    const text = html
      .slice(html.indexOf("<main"))
      .replace(/<[^>]+>/g, " ")
      .replace(/\s+/g, " ");
    return { status, html, text };
  }

  async codes(): Promise<string[]> {
    const { html } = await this.admin.portal.get(`/p/${this.world.projectId}/test/products`);
    return [...new Set([...html.matchAll(/products\/([A-Z0-9_]+)"/g)].map(([, code = ""]) => code))];
  }
}

const seeded = ["CREDITS_1000", "DAY_PASS", "PRO_MONTHLY"];

describe("products from Stripe's prices", () => {
  it("free prices are listed with proposals, and several become products, once", async () => {
    const page = await PricesPage.open();
    const { stripe } = page.world;
    const team = await stripe.createMonthlyPrice("Team", 9_900);
    const pro = await stripe.createMonthlyPrice("Pro", 2_500);
    const credits = await stripe.createPrice("500 credits", 2_500);
    const week = await stripe.createPrice("7 days access", 900);
    const fields = await page.form([team, pro, credits, week]);
    // The prices of the three products are not in the list.
    expect(Object.keys(fields).filter((name) => name.startsWith("price_")).length).toBe(4);
    expect(PricesPage.rowOf(fields, team)).toMatchObject({ code: "TEAM_MONTHLY", kind: "subscription" });
    expect(PricesPage.rowOf(fields, pro)).toMatchObject({ code: "PRO_MONTHLY_2", name: "Pro, monthly" });
    expect(PricesPage.rowOf(fields, credits)).toMatchObject({ kind: "usage_pack", units: "500" });
    expect(PricesPage.rowOf(fields, week)).toMatchObject({ kind: "time_pass", days: "7" });

    const created = await page.post(fields);
    expect(created.status).toBe(200);
    expect(created.text).toContain("4 of 4 products are ready to sell");
    const codes = [...seeded, "500_CREDITS", "7_DAYS_ACCESS", "PRO_MONTHLY_2", "TEAM_MONTHLY"];
    expect((await page.codes()).toSorted()).toEqual(codes.toSorted());
    expect((await page.world.api.checkout("user_1", "TEAM_MONTHLY", "team")).status).toBe(201);

    const repeated = await page.post(fields);
    expect(repeated.text).toContain("4 of 4 products are ready to sell");
    expect(repeated.text.match(/Exists already/g)?.length).toBe(4);
    expect((await page.codes()).length).toBe(7);
    const audit = (await page.admin.portal.get("/audit")).html;
    expect(audit.match(/Created product/g)?.length ?? 0).toBeGreaterThanOrEqual(4);
  });

  it("Stripe failing half-way leaves the first ones, says what is missing, and the repeat creates the rest", async () => {
    const page = await PricesPage.open();
    const { stripe } = page.world;
    // The list is newest first.
    const last = await stripe.createMonthlyPrice("Last", 300);
    const second = await stripe.createMonthlyPrice("Second", 200);
    const first = await stripe.createMonthlyPrice("First", 100);
    const fields = await page.form([first, second, last]);
    const { id: account } = await stripe.client.accounts.retrieveCurrent();
    await stripe.control("api", { next: 1, fail: { status: 503 }, path: `/v1/prices/${second}`, account });
    const broken = await page.post(fields);
    expect(broken.status).toBe(200);
    expect(broken.text).toContain("1 of 3 products are ready to sell");
    expect(broken.text).toMatch(
      /FIRST_MONTHLY .*?Created .*?SECOND_MONTHLY .*?Not created .*?LAST_MONTHLY .*?Not attempted/,
    );
    expect(broken.text).toContain("Stripe did not return the price");
    expect(broken.text).toContain("Nothing is created twice.");
    expect((await page.codes()).toSorted()).toEqual([...seeded, "FIRST_MONTHLY"].toSorted());
    // What is missing stays selected.
    expect(broken.html.match(/type="checkbox"[^>]* checked/g)?.length).toBe(2);

    const repeated = await page.post(fields);
    expect(repeated.text).toMatch(
      /FIRST_MONTHLY .*?Exists already .*?SECOND_MONTHLY .*?Created .*?LAST_MONTHLY .*?Created/,
    );
    expect((await page.codes()).length).toBe(6);
  });

  it("a refused product does not stop the others", async () => {
    const page = await PricesPage.open();
    const { stripe } = page.world;
    const good = await stripe.createMonthlyPrice("Good", 100);
    const archived = await stripe.createMonthlyPrice("Archived", 200);
    const fields = await page.form([good, archived]);
    await stripe.client.prices.update(archived, { active: false });
    const { text } = await page.post(fields);
    expect(text).toContain("1 of 2 products are ready to sell");
    expect(text).toContain("is archived in Stripe. Choose an active one.");
    expect(await page.codes()).toContain("GOOD_MONTHLY");
  });

  it("wrong fields and doubled codes are named at their rows, and nothing is created", async () => {
    const page = await PricesPage.open();
    const { stripe } = page.world;
    const one = await stripe.createPrice("One", 100);
    const two = await stripe.createPrice("Two", 200);
    const fields = await page.form([one, two]);
    const empty = await page.post(fields);
    expect(empty.status).toBe(422);
    expect(empty.text).toContain("Enter a whole number of units from 1.");
    const doubled = { ...fields, units_0: "1", units_1: "2", code_0: "SAME", code_1: "SAME" };
    expect((await page.post(doubled)).text).toContain("This code is in the list twice.");
    expect((await page.post({ ...fields, code_0: "small" })).text).toContain("Enter 1 to 64 characters");
    const none = await page.post(await page.form([]));
    expect([none.status, none.text.includes("Select at least one price.")]).toEqual([422, true]);
    expect((await page.codes()).toSorted()).toEqual(seeded);
  });

  it("prices come in pages, and an outage of Stripe is said in words", async () => {
    const page = await PricesPage.open();
    const { stripe } = page.world;
    const { id: account } = await stripe.client.accounts.retrieveCurrent();
    const product = (await stripe.client.products.create({ name: "Many" })).id;
    for (let price = 1; price <= 55; price++)
      await stripe.client.prices.create({ product, unit_amount: price, currency: "eur" });
    const { html } = await page.admin.portal.get(page.path);
    expect(html.match(/name="price_\d+"/g)?.length).toBe(50);
    const next = /href="([^"]*from-stripe\?after=price_\w+)"/.exec(html)?.[1] ?? "";
    const second = await page.admin.portal.get(next);
    expect(second.html.match(/name="price_\d+"/g)?.length).toBe(5);
    expect(second.html).toContain("3 more on this page have a product");
    await stripe.control("api", { next: 1, fail: { status: 429 }, path: "/v1/prices", account });
    const limited = await page.admin.portal.get(page.path);
    expect(limited.status).toBe(502);
    expect(sentencesOf(limited.html)).toContain("load prices from Stripe");
  });

  it("support and an unconnected mode get no form", async () => {
    const page = await PricesPage.open();
    const support = await newOperator("support", page.world.accountId);
    expect((await support.portal.get(page.path)).status).toBe(403);
    const live = await page.admin.portal.get(page.path.replace("/test/", "/live/"));
    expect(live.status).toBe(502);
    expect(sentencesOf(live.html)).toContain("This project has no Stripe connection in live mode.");
  });
});
