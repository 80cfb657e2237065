import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { ApiClient, sessionIdOf } from "../../dev/seed/api-client.ts";
import { PocketStripe } from "../../dev/seed/pocket-stripe.ts";
import { seed } from "../../dev/seed/seed.ts";
import type { StackFile } from "../../dev/seed/stack-file.ts";
import {
  chromiumPath,
  expectAccessible,
  openPage,
  openPortalBrowser,
  type PortalBrowser,
  signIn,
} from "./portal-browser.ts";

const screen = 900;
const look = { width: 1440, colorScheme: "light" } as const;

describe.skipIf(chromiumPath === undefined)("the customer's page at a glance", () => {
  let portal: PortalBrowser;
  let file: StackFile;
  let api: ApiClient;
  let stripe: PocketStripe;
  let page: Page;
  let errors: string[];

  const pathOf = (subjectRef: string, query = "") =>
    `/p/${file.project_id}/test/customers/${subjectRef}${query}`;

  async function buy(subjectRef: string, productCode: string, key: string) {
    const { body } = await api.checkout(subjectRef, productCode, key);
    const sessionId = sessionIdOf(body.checkout_url);
    await stripe.pay(sessionId, { email: "anna.becker@example.com", name: "Anna Becker" });
    return stripe.session(sessionId);
  }

  beforeAll(async () => {
    portal = await openPortalBrowser();
    const { origin, secrets } = portal.stack;
    file = await seed({ origin, setupToken: secrets.setupToken });
    api = new ApiClient(origin, file.test_key);
    stripe = new PocketStripe(origin, "sk_test_demo0001");
    await buy("user_busy", "PRO_MONTHLY", "busy-plan");
    for (let round = 0; round < 4; round++) {
      const { payment_intent } = await buy("user_busy", "CREDITS_1000", `busy-${round}`);
      const uses = Array.from({ length: 25 }, (_, use) =>
        api.consume("user_busy", 3, `busy-${round}-${use}`),
      );
      for (const { status } of await Promise.all(uses)) expect(status).toBe(200);
      await stripe.control("refunds", { payment_intent, amount: 900 });
    }
    ({ page, errors } = await openPage(portal, look));
    await page.setViewportSize({ width: look.width, height: screen });
    await signIn(page, file.operators[0]);
  }, 240_000);
  afterEach(() => expect(errors).toEqual([]));
  afterAll(() => portal.close());

  it("shows name, email, price, total and last check, and a busy customer's page is under 3 screens", async () => {
    await api.check("user_busy");
    await page.goto(pathOf("user_busy"));
    expect(await page.locator("h1").innerText()).toBe("Anna Becker anna.becker@example.com");
    const glance = await page.locator(".glance").innerText();
    expect(glance).toContain("€29.00 per month");
    // 29 + 4 × 49 paid, 4 × 9 refunded.
    expect(glance).toContain("€189.00");
    expect(glance).toMatch(/\d\d:\d\d:\d\d, allowed/);
    const used = page.locator(".timeline > li", { hasText: "units used" });
    expect(await used.first().innerText()).toContain("75 units used in 25 requests");
    const customers = ["user_busy", ...(await listSeeded())];
    for (const subjectRef of customers) {
      await page.goto(pathOf(subjectRef));
      const height = Number(await page.evaluate("document.documentElement.scrollHeight"));
      expect(height, subjectRef).toBeLessThan(3 * screen);
    }
  });

  const listSeeded = async () => {
    await page.goto(`/p/${file.project_id}/test/customers`);
    return (await page.locator(".row-link b").allInnerTexts()).filter((ref) => ref !== "user_busy");
  };

  it("a row folds in its entries, Stripe events and webhooks, and opens by keyboard and by link", async () => {
    await page.goto(pathOf("user_past_due"));
    const row = page.locator(".timeline > li", { hasText: "Access lost" });
    expect(await row.count()).toBe(1);
    const part = row.locator(".folded li", { hasText: "invoice.payment_failed" }).first();
    expect(await part.isVisible()).toBe(false);
    await row.locator("summary").focus();
    await page.keyboard.press("Enter");
    expect(await part.isVisible()).toBe(true);
    await expectAccessible(page);
    const anchor = await page.locator(".folded li[id^=entry-]").first().getAttribute("id");
    await page.goto(`${pathOf("user_past_due")}#${anchor}`);
    await page.locator(`[id="${anchor}"]`).waitFor({ state: "visible" });
  });

  it("the payments tab lists method, refund and the next retry, with a link to Stripe's dashboard in test mode", async () => {
    await page.goto(pathOf("user_past_due", "?tab=payments"));
    const failed = page.getByRole("region", { name: "Payments at Stripe" }).locator("tbody tr").first();
    expect(await failed.innerText()).toMatch(
      /Failed[\s\S]*next retry \d{1,2} [A-Z][a-z]{2}[\s\S]*Visa •••• 4242/,
    );
    const href = await failed.getByRole("link").getAttribute("href");
    expect(href).toMatch(/^https:\/\/dashboard\.stripe\.com\/acct_demo0001\/test\/payments\/pi_/);
    await expectAccessible(page);
    await page.goto(pathOf("user_busy", "?tab=payments"));
    expect(await page.getByRole("cell", { name: "€9.00" }).count()).toBe(4);
  });

  it("j and k go through the list with its filter and sort, and the keyboard help names them", async () => {
    await page.goto(`/p/${file.project_id}/test/customers?tab=denied&sort=customer`);
    const listed = await page.locator(".row-link b").allInnerTexts();
    expect(listed.length).toBeGreaterThan(2);
    await page.locator(".row-link").first().click();
    await page.locator(".neighbors").waitFor();
    for (const subjectRef of listed.slice(1)) {
      await page.keyboard.press("j");
      await page.waitForURL((url) => url.pathname.endsWith(`/${encodeURIComponent(subjectRef)}`));
    }
    expect(await page.getByRole("img", { name: "No next customer" }).count()).toBe(1);
    await page.getByRole("link", { name: "Payments" }).first().click();
    await page.waitForURL(/tab=payments/);
    await page.keyboard.press("k");
    await page.waitForURL((url) => url.pathname.endsWith(`/${encodeURIComponent(listed.at(-2) ?? "")}`));
    await page.keyboard.press("?");
    await page.getByText("Next customer", { exact: true }).waitFor();
    await expectAccessible(page);
    await page.keyboard.press("Escape");
    await page.locator(".crumbs a").click();
    await page.waitForURL(/tab=denied&sort=customer/);
  });

  it("the page is served without Stripe's data while Stripe hangs", async () => {
    const subjectRef = "user_not_looked_at";
    await buy(subjectRef, "CREDITS_1000", "not-looked-at");
    await stripe.control("api", { next: 50, fail: "hang" });
    try {
      const startedAt = Date.now();
      await page.goto(pathOf(subjectRef));
      // Stripe's client gives up after 5 s only, and the machine of a test may be busy.
      expect(Date.now() - startedAt).toBeLessThan(4_500);
      expect(await page.locator("h1").innerText()).toBe(subjectRef);
      await page.getByText("Stripe didn't respond. Reload to try again.").waitFor();
      expect(await page.locator(".glance").innerText()).toMatch(/Paid in total\s+—/);
      await expectAccessible(page);
    } finally {
      await stripe.control("api", { next: 0, fail: "hang" });
    }
  });

  it("a past denial shows its cause as of then, without fixes", async () => {
    await page.goto(pathOf("user_past_due"));
    const since = await page.locator(".timeline > li.bad time").first().getAttribute("datetime");
    await page.goto(pathOf("user_past_due", `?as_of=${encodeURIComponent(since ?? "")}`));
    const causes = page.getByRole("list", { name: "Causes at that time" });
    expect(await causes.innerText()).toContain("Renewal failed");
    expect(await causes.getByRole("link").count()).toBe(0);
    await expectAccessible(page);
  });

  it("without script every part of a row can be read", async () => {
    const context = await portal.browser.newContext({
      baseURL: portal.stack.origin,
      javaScriptEnabled: false,
    });
    const plain = await context.newPage();
    await signIn(plain, file.operators[0]);
    await plain.goto(pathOf("user_past_due"));
    const row = plain.locator(".timeline > li", { hasText: "Access lost" });
    await row.locator("summary").click();
    expect(await row.locator(".folded li").first().isVisible()).toBe(true);
    await context.close();
  });

  it("an erased customer's page has no name, email or card", async () => {
    await page.goto(pathOf("user_busy", "/erase"));
    await page.getByRole("textbox", { name: /subject_ref/ }).fill("user_busy");
    await page.getByLabel("Note").fill("gone");
    await page.getByRole("button", { name: /^Erase/ }).click();
    await page.goto(pathOf("user_busy"));
    expect(await page.content()).not.toMatch(/Anna|anna\.becker|4242/);
  });
});
