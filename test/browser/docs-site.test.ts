import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  chromiumPath,
  expectAccessible,
  type Look,
  openPage,
  openPortalBrowser,
  type PortalBrowser,
} from "./portal-browser.ts";

/** The documentation site as its readers use it, served by the portal. */

const paths = [
  "",
  "quickstart",
  "webhooks",
  "denial-reasons",
  "state-matrix",
  "errors",
  "api",
  "api/usage",
  "support/credits-gone",
  "changelog",
  "nowhere",
];
const looks: Look[] = [
  { width: 1440, colorScheme: "light" },
  { width: 1440, colorScheme: "dark" },
  { width: 390, colorScheme: "light" },
  { width: 390, colorScheme: "dark" },
];

describe.skipIf(chromiumPath === undefined)("the documentation site", () => {
  let browser: PortalBrowser;

  beforeAll(async () => {
    browser = await openPortalBrowser();
  });
  afterAll(() => browser?.close());

  it.each(looks)("is accessible, fits and has no error ($width px, $colorScheme)", async (look) => {
    const { page, errors } = await openPage(browser, look);
    for (const path of paths) {
      const reply = await page.goto(`/docs/${path}`);
      expect(reply?.status()).toBe(path === "nowhere" ? 404 : 200);
      await expectAccessible(page);
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      expect([path, overflow]).toEqual([path, 0]);
    }
    expect(errors).toEqual([]);
    await page.context().close();
  });

  it("loads everything from its own origin, and finds “webhook signature” by keyboard", async () => {
    const { page, errors } = await openPage(browser);
    const foreign: string[] = [];
    page.on("request", (request) => {
      if (new URL(request.url()).origin !== browser.stack.origin) foreign.push(request.url());
    });
    await page.goto("/docs/");
    await page.keyboard.press("/");
    await page.keyboard.type("webhook signature");
    const options = page.getByRole("option");
    await expect.poll(() => options.count()).toBeGreaterThan(2);
    await expectAccessible(page);
    await page.keyboard.press("Enter");
    await page.waitForURL("**/docs/webhooks#verify-the-signature");
    expect(foreign).toEqual([]);
    expect(errors).toEqual([]);
    await page.context().close();
  });

  it("shows one alternative of a sample at a time, and remembers the choice and the theme", async () => {
    const { page } = await openPage(browser);
    await page.goto("/docs/webhooks");
    await page.getByRole("tab", { name: "Python" }).click();
    expect(await page.getByRole("tabpanel").count()).toBe(1);
    expect(await page.getByRole("tabpanel").textContent()).toContain("hmac.compare_digest");
    await page.getByRole("button", { name: "Switch between light and dark" }).click();
    await page.reload();
    expect(await page.getByRole("tabpanel").textContent()).toContain("hmac.compare_digest");
    expect(await page.evaluate(() => document.documentElement.dataset["theme"])).toBe("dark");
    await page.context().close();
  });

  it("shows the entry of a page far down in the sidebar, and the page from its top", async () => {
    const { page } = await openPage(browser, { width: 1440, colorScheme: "light" });
    await page.goto("/docs/changelog");
    const entry = page.locator(".sidebar [aria-current]");
    await entry.waitFor();
    const { y = -1 } = (await entry.boundingBox()) ?? {};
    expect(y).toBeGreaterThan(0);
    expect(y).toBeLessThan(page.viewportSize()?.height ?? 0);
    expect(await page.evaluate(() => scrollY)).toBe(0);
    await page.context().close();
  });

  it("can be read without scripts: every alternative, and the menu of a phone", async () => {
    const context = await browser.browser.newContext({
      baseURL: browser.stack.origin,
      viewport: { width: 390, height: 840 },
      javaScriptEnabled: false,
    });
    const page = await context.newPage();
    await page.goto("/docs/webhooks");
    expect(await page.getByText("hmac.compare_digest").isVisible()).toBe(true);
    expect(await page.getByText("timingSafeEqual").first().isVisible()).toBe(true);
    expect(await page.getByRole("button", { name: "Search" }).count()).toBe(0);
    await page.locator("details.menu summary").click();
    await page.locator("details.menu").getByRole("link", { name: "Quickstart" }).click();
    expect(await page.locator("h1").textContent()).toBe("Quickstart");
    await context.close();
  });
});
