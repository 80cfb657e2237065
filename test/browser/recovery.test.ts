import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { PortalClient } from "../../dev/seed/portal-client.ts";
import { provision } from "../../dev/seed/provision.ts";
import { Licenzy, orThrow } from "../../sdk/src/index.ts";
import { buy, newWorld, type World } from "../system/world.ts";
import {
  chromiumPath,
  expectAccessible,
  openPage,
  openPortalBrowser,
  type PortalBrowser,
  signIn,
  sizes,
} from "./portal-browser.ts";

const owner = {
  role: "owner",
  email: "owner@tests.example",
  password: "correct horse battery staple",
} as const;

describe.skipIf(chromiumPath === undefined)("the way back from a denial", () => {
  let portal: PortalBrowser;
  let world: World;
  let licenzy: Licenzy;

  beforeAll(async () => {
    portal = await openPortalBrowser();
    const { origin, secrets } = portal.stack;
    world = await newWorld({ origin });
    licenzy = new Licenzy({ apiKey: world.apiKey, baseUrl: origin });
    await new PortalClient(origin).submit("/setup", {
      token: secrets.setupToken,
      name: "Owner",
      account: "Acme",
      project: "acme",
      region: "weur",
      email: owner.email,
      password: owner.password,
    });
    await provision(origin, "moveOperator", owner.email, world.accountId, owner.role);
  }, 120_000);

  afterAll(() => portal?.close());

  const answer = async (subjectRef: string) => {
    const reply = orThrow(await licenzy.access.check(subjectRef));
    return reply.allowed ? "allowed" : reply.reason;
  };

  it("past due: the customer follows the link, pays, and may proceed", async () => {
    const subjectRef = `user_${randomBytes(4).toString("hex")}`;
    const { subscription } = await world.stripe.session(await buy(world, subjectRef, "PRO_MONTHLY"));
    await expect.poll(() => answer(subjectRef)).toBe("allowed");
    await world.stripe.control(`subscriptions/${subscription}`, { next_payment: "fail" });
    await world.stripe.control(`subscriptions/${subscription}`, { renew: "now" });
    await expect.poll(() => answer(subjectRef)).toBe("payment_past_due");

    const { action, url } = orThrow(await licenzy.access.recovery(subjectRef));
    expect(action).toBe("pay_invoice");
    const { page, errors } = await openPage(portal);
    await page.goto(url ?? "");
    await page.getByRole("button", { name: "Pay €29.00" }).click();
    await page.getByText("is paid").waitFor();
    await expect.poll(() => answer(subjectRef)).toBe("allowed");
    expect(errors).toEqual([]);
  }, 120_000);

  it("past due: support sends a link, the customer pays through it, and the timeline shows opened and paid", async () => {
    const subjectRef = `user_${randomBytes(4).toString("hex")}`;
    const { subscription } = await world.stripe.session(await buy(world, subjectRef, "PRO_MONTHLY"));
    await expect.poll(() => answer(subjectRef)).toBe("allowed");
    await world.stripe.control(`subscriptions/${subscription}`, { next_payment: "fail" });
    await world.stripe.control(`subscriptions/${subscription}`, { renew: "now" });
    await expect.poll(() => answer(subjectRef)).toBe("payment_past_due");

    const support = await openPage(portal);
    await signIn(support.page, owner);
    const customer = `/p/${world.projectId}/test/customers/${subjectRef}`;
    await support.page.goto(customer);
    await support.page.getByRole("link", { name: "Send recovery link" }).click();
    await support.page.getByText("Pay the open invoice.").waitFor();
    await expectAccessible(support.page);
    await support.page.getByRole("button", { name: "Create link" }).click();
    const link = (await support.page.locator("#recovery-link").textContent()) ?? "";
    await expectAccessible(support.page);

    for (const look of sizes) {
      const other = await openPage(portal, look);
      await other.page.goto(link);
      await expectAccessible(other.page);
      expect(other.errors).toEqual([]);
    }
    const { page, errors } = await openPage(portal);
    await page.goto(link);
    await page.getByRole("button", { name: "Continue" }).click();
    await page.getByRole("button", { name: "Pay €29.00" }).click();
    await page.getByText("is paid").waitFor();
    await expect.poll(() => answer(subjectRef)).toBe("allowed");
    expect(errors).toEqual([]);

    const timeline = async () => {
      await support.page.goto(`${customer}?show=recovery`);
      return support.page.locator("#timeline").innerText();
    };
    await expect.poll(timeline).toContain("Access restored after the recovery link");
    const text = await timeline();
    expect(text).toContain("Recovery link created by Owner");
    expect(text).toContain("Led to: pay the open invoice");
    await page.goto(link);
    await page.getByRole("button", { name: "Continue" }).click();
    await page.getByText("Your access is active").waitFor();
    expect(support.errors).toEqual([]);
  }, 120_000);

  it("an operator chooses what is sold instead, and what its checkout page offers", async () => {
    const root = `/p/${world.projectId}/test`;
    const { page, errors } = await openPage(portal);
    await signIn(page, owner);
    await page.goto(`${root}/products/CREDITS_1000`);
    await page.getByLabel("Promotion codes").check();
    await page.getByLabel("Language of the checkout page").selectOption({ label: "German" });
    await page.getByRole("button", { name: "Save product" }).click();
    await page.getByText("Product saved.").waitFor();
    expect(await page.getByLabel("Promotion codes").isChecked()).toBe(true);

    await page.goto(`${root}/products/DAY_PASS`);
    const instead = page.getByLabel("Sell instead after a denial");
    await instead.fill("NOTHING");
    await page.getByRole("button", { name: "Save product" }).click();
    await page.getByText("No active product has this code.").waitFor();
    await instead.fill("CREDITS_1000");
    await expectAccessible(page);
    await page.getByRole("button", { name: "Save product" }).click();
    await page.getByText("Product saved.").waitFor();

    const subjectRef = `user_${randomBytes(4).toString("hex")}`;
    const request = { productCode: "DAY_PASS", returnUrl: "https://app.example.com/billing" };
    const offered = orThrow(await licenzy.access.recovery(subjectRef, request));
    expect(offered).toMatchObject({ action: "buy", productCode: "CREDITS_1000" });
    const session = offered.url?.split("/pay/")[1] ?? "";
    expect(await world.stripe.client.checkout.sessions.retrieve(session)).toMatchObject({
      allow_promotion_codes: true,
      automatic_tax: { enabled: false },
      locale: "de",
      cancel_url: "https://app.example.com/billing",
    });
    expect(errors).toEqual([]);
  }, 120_000);
});
