import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ApiClient, sessionIdOf } from "../../dev/seed/api-client.ts";
import { PocketStripe } from "../../dev/seed/pocket-stripe.ts";
import { eventually } from "../eventually.ts";
import {
  chromiumPath,
  expectAccessible,
  openPage,
  openPortalBrowser,
  type PortalBrowser,
  tabTo,
} from "./portal-browser.ts";

const password = "a sentence that nobody guesses";

describe.skipIf(chromiumPath === undefined)("first run", () => {
  let portal: PortalBrowser;
  let stripe: PocketStripe;

  beforeAll(async () => {
    portal = await openPortalBrowser();
    stripe = new PocketStripe(portal.stack.origin, "sk_test_firstrun0001");
  });
  afterAll(() => portal.close());

  it("the owner gets from the sign-in page of an empty stack to an allowed check in 3 minutes without errors", async () => {
    const startedAt = Date.now();
    const { page, errors } = await openPage(portal);
    const { origin } = portal.stack;
    await page.goto("/sign-in");
    await page.getByRole("heading", { name: "Licenzy is not set up yet" }).waitFor();
    await expectAccessible(page);
    await page.getByRole("link", { name: "Set up Licenzy" }).click();
    await page.getByLabel("Your name").fill("Dana");
    await page.getByLabel("Email").fill("dana@acme.example");
    await page.getByLabel("Password").fill(password);
    await page.getByLabel("Company").fill("Acme");
    await page.getByLabel("First project").fill("Acme Writer");
    await page.getByRole("button", { name: "Set up" }).click();
    await page.getByText("0 of 7 done").waitFor();

    await page.getByRole("link", { name: "Connect Stripe", exact: true }).click();
    await page.getByText("sk_test_acme0001").waitFor();
    const keyField = page.getByLabel("Secret or restricted key, test mode");
    await keyField.fill("sk_test_short");
    await page.getByRole("button", { name: "Connect Stripe", exact: true }).click();
    await page.getByText("This key is too short.").waitFor();
    await keyField.fill(stripe.apiKey);
    await page.getByRole("button", { name: "Connect Stripe", exact: true }).click();
    await page.getByText("Stripe is connected in test mode").waitFor();
    await page.getByRole("button", { name: "Register webhook" }).click();
    await page.getByText("The webhook is registered").waitFor();

    await page.getByRole("button", { name: "Create sample prices" }).click();
    await page.getByText("The sample prices are ready.").waitFor();
    await expectAccessible(page);
    const price = await samplePrice(page, "1,000 credits: €49.00, once");
    await page.getByLabel("Code", { exact: true }).fill("CREDITS_1000");
    await page.getByLabel("Name", { exact: true }).fill("1,000 credits");
    await page.getByLabel("Price in Stripe").fill(price);
    await page.getByText("✓ 1,000 credits: €49.00, once").waitFor();
    expect(await page.getByLabel("Days of access").isVisible()).toBe(false);
    await page.getByRole("spinbutton", { name: "Units" }).fill("1000");
    await page.getByRole("button", { name: "Create product" }).click();
    await page.getByText("CREDITS_1000 is ready to sell.").waitFor();

    await nextStep(page, "Set URL");
    await page.getByLabel("Success URL").fill("https://acme.example/thanks");
    await page.getByRole("button", { name: "Save settings" }).click();
    await page.getByText("Settings saved.").waitFor();

    await nextStep(page, "Create API key");
    await page.getByLabel("Name", { exact: true }).fill("Backend");
    await page.getByRole("button", { name: "Create key" }).click();
    const apiKey = await page.locator("#new-key").innerText();

    await nextStep(page, "Add endpoint");
    await page.getByLabel("Endpoint URL").fill(`${origin}/receiver/first-run`);
    await page.getByRole("button", { name: "Add endpoint" }).click();
    expect(await page.locator("#signing-secret").innerText()).toMatch(/^whsec_/);
    await page.getByRole("link", { name: "View endpoint" }).click();
    await page.getByRole("button", { name: "Send test event" }).click();
    await page.getByText("Test event sent.").waitFor();

    const api = new ApiClient(origin, apiKey);
    expect((await api.check("user_1")).body.allowed).toBe(false);
    await page.getByRole("link", { name: "Overview" }).click();
    await page.getByText("6 of 7 done").waitFor();
    await expectAccessible(page);
    const command = await page.locator(".command pre").innerText();
    const checkoutUrl = await runCheckout(command.replace("lz_test_YOUR_API_KEY", apiKey));
    await page.goto(checkoutUrl);
    await stripe.pay(sessionIdOf(checkoutUrl));
    await eventually(async () => expect((await api.check("user_1")).body.allowed).toBe(true));

    await page.goto("/");
    await page.getByText("Purchases", { exact: true }).waitFor();
    expect(await page.getByText("Get started").count()).toBe(0);
    expect(errors).toEqual([]);
    expect(Date.now() - startedAt).toBeLessThan(180_000);
  });

  it("the owner signs in and creates a product and an API key with the keyboard alone", async () => {
    const { page, errors } = await openPage(portal);
    const price = await stripe.createPrice("Day pass", 500);
    await page.goto("/sign-in");
    await focusOn(page, "Email");
    await page.keyboard.type("dana@acme.example");
    await page.keyboard.press("Tab");
    await page.keyboard.type(password);
    await page.keyboard.press("Enter");
    await page.waitForURL(/\/p\//);

    await goByPalette(page, "products", /\/products$/);
    await tabTo(page, "New product");
    await page.keyboard.press("Enter");
    await page.waitForURL(/\/products\/new$/);
    await focusOn(page, "Code");
    await page.keyboard.type("DAY_PASS");
    await page.keyboard.press("Tab");
    await page.keyboard.type("Day pass");
    await page.keyboard.press("Tab");
    await page.keyboard.press("ArrowUp");
    await page.keyboard.press("Tab");
    await page.keyboard.type(price);
    await page.getByText("✓ Day pass").waitFor();
    await page.keyboard.press("Tab");
    await page.keyboard.type("1");
    await page.keyboard.press("Enter");
    await page.getByText("DAY_PASS is ready to sell.").waitFor();

    await goByPalette(page, "api keys", /\/keys$/);
    await tabTo(page, "Name");
    await page.keyboard.type("By keyboard");
    await page.keyboard.press("Enter");
    await page.locator("#new-key").waitFor();
    expect(errors).toEqual([]);
  });

  it("the portal reads, creates and reports field errors when JavaScript is disabled", async () => {
    const context = await portal.browser.newContext({
      baseURL: portal.stack.origin,
      javaScriptEnabled: false,
    });
    const page = await context.newPage();
    await page.goto("/sign-in");
    await page.getByLabel("Email").fill("dana@acme.example");
    await page.getByLabel("Password").fill(password);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.waitForURL(/\/p\//);
    await page.getByRole("link", { name: "Products", exact: true }).click();
    await page.getByRole("link", { name: "New product" }).click();
    await page.getByLabel("Code", { exact: true }).fill("NO_SCRIPT");
    await page.getByLabel("Name", { exact: true }).fill("Without scripts");
    await page.getByLabel("Price in Stripe").fill("price_unknown0000");
    await page.getByRole("spinbutton", { name: "Units" }).fill("5");
    await page.getByRole("button", { name: "Create product" }).click();
    await page.getByText("Stripe has no price price_unknown0000").waitFor();
    expect(await page.getByLabel("Code", { exact: true }).inputValue()).toBe("NO_SCRIPT");
    await context.close();
  });
});

/** Opens the product form from the overview. Returns the id of the offered price with this description. */
async function samplePrice(page: Page, text: string): Promise<string> {
  await nextStep(page, "Create product");
  const price = await page.locator("#prices option", { hasText: text }).getAttribute("value");
  return price ?? "";
}

/** Runs the command of the last step in a shell. Returns the URL of the checkout page. */
async function runCheckout(command: string): Promise<string> {
  const { stdout } = await promisify(execFile)("bash", ["-c", command]);
  return (JSON.parse(stdout) as { checkout_url: string }).checkout_url;
}

/** Opens the first step on the overview that is not done. */
async function nextStep(page: Page, action: string): Promise<void> {
  await page.getByRole("link", { name: "Overview" }).click();
  await page.getByRole("link", { name: action, exact: true }).first().click();
}

/**
 * Waits until the page has focused the field. A browser applies autofocus with its first frame, which can
 * come after `load`. Keys pressed in between were lost, and the form was sent with an incomplete address.
 */
async function focusOn(page: Page, label: string): Promise<void> {
  await page.getByLabel(label, { exact: true }).and(page.locator(":focus")).waitFor();
}

async function goByPalette(page: Page, text: string, address: RegExp): Promise<void> {
  // The text renders before the scripts load, and no script listens for keys until then.
  await page.waitForLoadState();
  await page.keyboard.press("Control+k");
  await page.getByRole("dialog", { name: "Search" }).waitFor();
  await page.keyboard.type(text);
  await page.keyboard.press("Enter");
  await page.waitForURL(address);
}
