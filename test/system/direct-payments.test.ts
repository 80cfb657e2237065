import { beforeEach, describe, expect, it } from "vitest";
import { audit, payDirectly, readFindings, sellElsewhere, until } from "./access-audits.ts";
import { toText } from "./forms.ts";
import { newOperator, type TestOperator } from "./operators.ts";
import { readAccess, type StripeWorld } from "./stripe-world.ts";
import { newWorld } from "./world.ts";

const waitMs = 90_000;

let world: StripeWorld;
let owner: TestOperator;
let list: string;

beforeEach(async () => {
  const project = await newWorld();
  owner = await newOperator("owner", project.accountId);
  const { id } = await project.stripe.client.accounts.retrieveCurrent();
  world = { ...project, accountId: id };
  list = `/p/${world.projectId}/test/access-audit`;
});

const mapBy = (source: "csv" | "metadata") =>
  owner.portal.submit(`${list}/settings`, {
    source,
    metadata_key: source === "metadata" ? "user_id" : "",
    daily_hour: "",
  });

async function findings(): Promise<{ path: string; found: Map<string, string> }> {
  const path = await audit(world, owner.portal, waitMs);
  return { path, found: await readFindings(owner.portal, path) };
}

const newCustomer = async (metadata: Record<string, string> = {}) =>
  (await world.stripe.client.customers.create({ metadata })).id;

describe("an access audit of payments without a Checkout session and without an invoice", () => {
  it("finds the product by a price in the metadata, imports it, and finds it no more", async () => {
    await mapBy("metadata");
    const { credits, pro } = world.prices;
    const payment = await payDirectly(world, { metadata: { user_id: "user_1", price: credits } });
    await payDirectly(world, {
      metadata: { anything: credits },
      customer: await newCustomer({ user_id: "user_2" }),
    });
    // Refunded as a whole, and of a subscription's price: nothing to import.
    const refunded = await payDirectly(world, { metadata: { user_id: "user_3", price: credits } });
    await world.stripe.control("refunds", { payment_intent: refunded });
    await payDirectly(world, { metadata: { user_id: "user_4", price: pro } });
    // Without a price and without a customer, a payment can be anything.
    await payDirectly(world);
    const { path, found } = await findings();
    expect(Object.fromEntries(found)).toEqual({ user_1: "Not imported", user_2: "Not imported" });
    await owner.portal.submit(`${path}/import`);
    await until(world, owner.portal, path, /2 imported, 0 failed/, waitMs);
    for (const ref of ["user_1", "user_2"])
      expect(await readAccess(world, ref)).toMatchObject({ has_access: true, usage_remaining: 1_000 });
    expect((await findings()).found).toEqual(new Map());
    // From now on it is the customer's, as any purchase.
    await world.stripe.control("refunds", { payment_intent: payment });
    await expect.poll(async () => (await readAccess(world, "user_1")).has_access).toBe(false);
    expect((await findings()).found).toEqual(new Map());
  }, 240_000);

  it("names what is missing: the customer, the price, or one of several products", async () => {
    await mapBy("metadata");
    const { credits, pass } = world.prices;
    const unmapped = await payDirectly(world, { metadata: { price: credits } });
    const unnamed = await payDirectly(world, { metadata: { user_id: "user_1" } });
    await payDirectly(world, { metadata: { user_id: "user_2", first: credits, second: pass } });
    await payDirectly(world, { metadata: { user_id: "user_3", price: "price_elsewhere" } });
    const { path, found } = await findings();
    const { user_1, user_2, user_3, ...others } = Object.fromEntries(found);
    expect({ user_1, user_2, user_3 }).toEqual({
      user_1: "Unknown price",
      user_2: "Unknown price",
      user_3: "Unknown price",
    });
    expect(Object.entries(others)).toEqual([[expect.stringContaining(unmapped.slice(0, 9)), "Unmapped"]]);
    const page = await owner.portal.get(path);
    const shown = toText(page);
    expect(shown).toContain("The payment names no price, so its product is unknown.");
    expect(shown).toContain("The payment names prices of several products:");
    expect(shown).toContain("The price price_elsewhere belongs to no product.");
    expect(page.html).toContain(`/test/payments/${unnamed}`);
    // The action that the finding names.
    await world.stripe.client.paymentIntents.update(unnamed, { metadata: { price_id: credits } });
    expect((await findings()).found.get("user_1")).toBe("Not imported");
  }, 180_000);

  it("leaves the payments of sessions and invoices to their purchases", async () => {
    await mapBy("csv");
    const sessions = [
      await sellElsewhere(world, world.prices.pro),
      await sellElsewhere(world, world.prices.credits, { customer: await newCustomer() }, "payment"),
    ];
    const lines = [];
    for (const [index, id] of sessions.entries()) {
      const { customer, subscription } = await world.stripe.client.checkout.sessions.retrieve(id);
      lines.push(`${customer},user_${index}`);
      if (typeof subscription === "string")
        await world.stripe.control(`subscriptions/${subscription}`, { renew: "now" });
    }
    const direct = await newCustomer();
    lines.push(`${direct},user_direct`);
    await payDirectly(world, { customer: direct, metadata: { price_id: world.prices.credits } });
    const boundary = "----mapping";
    const body = `--${boundary}\r\nContent-Disposition: form-data; name="csv"; filename="map.csv"\r\nContent-Type: text/csv\r\n\r\n${lines.join("\n")}\r\n--${boundary}--\r\n`;
    const headers = { "Content-Type": `multipart/form-data; boundary=${boundary}` };
    expect((await owner.portal.postRaw(`${list}/mapping`, body, headers)).status).toBe(303);
    const { found } = await findings();
    expect(Object.fromEntries(found)).toEqual({
      user_0: "Not imported",
      user_1: "Not imported",
      user_direct: "Not imported",
    });
  }, 180_000);
});
