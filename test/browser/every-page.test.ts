import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { PocketStripe } from "../../dev/seed/pocket-stripe.ts";
import { seed } from "../../dev/seed/seed.ts";
import type { StackFile } from "../../dev/seed/stack-file.ts";
import {
  chromiumPath,
  expectAccessible,
  type Look,
  openPage,
  openPortalBrowser,
  type PortalBrowser,
  signIn,
  sizes,
} from "./portal-browser.ts";

const projectPaths = [
  "",
  "/customers",
  "/customers?q=user_",
  "/customers?q=nobody",
  "/customers/user_paid",
  "/customers/user_paid?show=usage&as_of=2026-01-01",
  "/customers/user_paid?as_of=never",
  "/customers/user_out_of_credits",
  "/customers/user_past_due",
  "/customers/user_refunded",
  "/customers/user_refunded_month",
  "/customers/user_disputed",
  "/customers/user_partly_lost",
  "/customers/user_credits_held",
  "/customers/user_allowance_used",
  "/customers/user_manual_grant",
  "/customers/user_manual_grant/undo?sequence=1",
  "/customers/user_dead_delivery",
  "/customers/user_paid_but_waiting",
  "/customers/nobody%2Fat%20all",
  "/customers/user_paid/grant",
  "/customers/user_paid/adjust?entitlement_id=ent_1",
  "/customers/user_past_due/recovery-link",
  "/customers/user_disputed/recovery-link",
  "/customers/user_paid/recovery-link",
  "/customers/user_paid/sync",
  "/customers/user_paid/erase",
  "/customers/user_paid/check",
  "/customers/nobody/check",
  "/events",
  "/events?status=failed",
  "/products",
  "/products/new",
  "/products/from-stripe",
  "/products/CREDITS_1000",
  "/keys",
  "/stripe",
  "/webhooks",
  "/webhooks/new",
  "/deliveries",
  "/deliveries?status=dead",
  "/deliveries?customer=nobody",
  "/deliveries/requeue?status=dead",
  "/inbox",
  "/inbox?view=snoozed",
  "/inbox?view=unknown",
  "/alerts",
  "/go-live",
  "/go-live/copy/CREDITS_1000",
  "/settings",
  "/access-audit",
  "/access-audit/move-in",
  "/access-audit/none",
  "/shadow",
  "/shadow?before=1",
  "/data",
  "/data/none",
  "/products/NOTHING",
];
const accountPaths = [
  "/projects",
  "/team",
  "/plan",
  "/audit",
  "/account",
  "/account/second-factor",
  "/nowhere",
];

describe.skipIf(chromiumPath === undefined)("portal pages", () => {
  let portal: PortalBrowser;
  let file: StackFile;

  beforeAll(async () => {
    portal = await openPortalBrowser();
    const { origin, secrets } = portal.stack;
    file = await seed({ origin, setupToken: secrets.setupToken });
    // For the form that creates products from prices.
    const stripe = new PocketStripe(origin, "sk_test_demo0001");
    await stripe.createPrice("5,000 credits", 19_900);
    await stripe.createMonthlyPrice("Team", 9_900);
  });
  afterAll(() => portal.close());

  async function signedIn(look: Look) {
    const opened = await openPage(portal, look);
    await signIn(opened.page, file.operators[0]);
    return opened;
  }

  it.each(sizes)("every page passes axe and fits its width at $width px in $colorScheme", async (look) => {
    const { page, errors } = await openPage(portal, look);
    for (const path of [
      "/sign-in",
      "/sign-in/code",
      "/forgot-password",
      "/reset/none",
      "/invitations/none",
    ]) {
      await page.goto(path);
      await expectAccessible(page);
    }
    const { page: own, errors: ownErrors } = await signedIn(look);
    const paths = [
      ...projectPaths.map((path) => `/p/${file.project_id}/test${path}`),
      // Live mode differs in its colors only, and these pages have all of them.
      ...["", "/stripe", "/events", "/webhooks", "/deliveries"].map(
        (path) => `/p/${file.project_id}/live${path}`,
      ),
      ...accountPaths,
    ];
    for (const path of paths) {
      await own.goto(path);
      await expectAccessible(own);
      const isTooWide = await own.evaluate("document.documentElement.scrollWidth > innerWidth");
      expect({ path, isTooWide }).toEqual({ path, isTooWide: false });
    }
    await own.goto("/team");
    await own.getByRole("link", { name: "Reset sign-in…" }).first().click();
    await own.getByRole("button", { name: "Create reset link" }).waitFor();
    await expectAccessible(own);
    expect([...errors, ...ownErrors]).toEqual([]);
  });

  it("the portal shows an event with its payload, the palette and the menu accessibly", async () => {
    for (const look of sizes) {
      const { page } = await signedIn(look);
      await page.goto(`/p/${file.project_id}/test/events`);
      await page.getByRole("link", { name: "checkout.session.completed" }).first().click();
      await page.getByText("payment_status").waitFor();
      await expectAccessible(page);
      await page.keyboard.press("Control+k");
      await page.getByRole("option").first().waitFor();
      const found = await page.evaluate(
        "axe.run('dialog').then(({ violations }) => violations.map(({ id }) => id))",
      );
      expect(found).toEqual([]);
      await page.keyboard.type("user_pa");
      await page.getByRole("option", { name: "user_paid" }).first().waitFor();
      await page.keyboard.press("Escape");
      if (look.width > 860) continue;
      await page.getByLabel("Menu").click();
      await page.getByRole("link", { name: "Audit log" }).click();
      await page.waitForURL(/\/audit$/);
    }
  });

  it("the portal shows an endpoint, its forms and a delivery with its attempts accessibly", async () => {
    for (const look of sizes) {
      const { page, errors } = await signedIn(look);
      const path = `/p/${file.project_id}/test`;
      const endpoint = `${path}/webhooks/${file.receiver.endpoint_id}`;
      for (const part of ["", "/edit", "/enable", "/rotate", "/replay"]) {
        await page.goto(endpoint + part);
        await expectAccessible(page);
      }
      await page.goto(`${path}/deliveries?status=dead`);
      await page.getByRole("link", { name: "purchase.finalized" }).first().click();
      await page.getByText("the database is down").first().waitFor();
      await expectAccessible(page);
      const isTooWide = await page.evaluate("document.documentElement.scrollWidth > innerWidth");
      expect(isTooWide).toBe(false);
      expect(errors).toEqual([]);
    }
  });

  it("the portal shows a data check of all customers and of one customer accessibly", async () => {
    for (const look of sizes) {
      const { page, errors } = await signedIn(look);
      const path = `/p/${file.project_id}/test`;
      await page.goto(`${path}/data`);
      await page.getByRole("button", { name: "Verify all customers" }).click();
      await page.getByText("Finished").first().waitFor();
      await page.getByText("Every ledger matches its search data.").waitFor();
      await expectAccessible(page);
      await page.goto(`${path}/data`);
      await page.getByRole("cell", { name: "Finished" }).first().waitFor();
      await expectAccessible(page);
      await page.goto(`${path}/customers/user_paid`);
      await page.getByRole("link", { name: "Verify data" }).click();
      await page.getByRole("button", { name: "Rebuild search data" }).click();
      await page.getByText("Search data rebuilt. No differences.").waitFor();
      await expectAccessible(page);
      const isTooWide = await page.evaluate("document.documentElement.scrollWidth > innerWidth");
      expect(isTooWide).toBe(false);
      expect(errors).toEqual([]);
    }
  });

  it("every page shows whether it is in test mode or live mode", async () => {
    const { page } = await signedIn(sizes[0] as Look);
    for (const path of projectPaths) {
      for (const mode of ["test", "live"] as const) {
        await page.goto(`/p/${file.project_id}/${mode}${path}`);
        expect(await page.locator("body").getAttribute("data-mode")).toBe(mode);
        const chosen = page.locator(".segments [aria-current=true]");
        expect(await chosen.innerText()).toBe(mode === "live" ? "Live" : "Test");
        expect(await page.locator(".band").count()).toBe(mode === "test" ? 1 : 0);
        expect(await page.title()).toContain(` · ${mode} · `);
      }
    }
  });

  it("the portal collapses a payload and filters its lines when an operator searches it", async () => {
    const { page, errors } = await signedIn(sizes[0] as Look);
    await page.getByRole("link", { name: "Stripe events" }).first().click();
    await page.locator("main tbody a").first().click();
    const search = page.getByRole("searchbox", { name: "Search in the payload" });
    const lines = page.locator(".tree .leaf");
    await lines.first().waitFor();
    expect(await lines.filter({ visible: true }).count()).toBeGreaterThan(5);
    await search.fill("livemode");
    const found = (await lines.filter({ visible: true }).allInnerTexts()).map((line) => line.toLowerCase());
    expect(found.length).toBeGreaterThan(0);
    expect(found.every((line) => line.includes("livemode"))).toBe(true);
    await search.fill("");
    await page.locator(".tree > details > summary").click();
    expect(await lines.filter({ visible: true }).count()).toBe(0);
    await expectAccessible(page);
    expect(errors).toEqual([]);
  });

  it("the portal sends a strict content policy, and small files: scripts, styles and one font", async () => {
    const reply = await fetch(`${portal.stack.origin}/sign-in`);
    const policy = reply.headers.get("Content-Security-Policy") ?? "";
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self'");
    expect(policy).not.toMatch(/unsafe|\*|data:/);
    expect(reply.headers.get("Referrer-Policy")).toBe("same-origin");
    expect(reply.headers.get("Cache-Control")).toBe("no-store");
    const script = await (await fetch(`${portal.stack.origin}/portal.js`)).arrayBuffer();
    expect(script.byteLength).toBeGreaterThan(1_000);
    expect(gzipSync(Buffer.from(script)).byteLength).toBeLessThan(30 * 1_024);
    const css = await (await fetch(`${portal.stack.origin}/portal.css`)).text();
    expect(css.length).toBeGreaterThan(10_000);
    expect(Buffer.byteLength(css)).toBeLessThan(40 * 1_024);
    const files = [...css.matchAll(/url\(([^)]*)\)/g)].map(([, url]) => url);
    expect(files).toEqual([expect.stringMatching(/^"\/inter\.woff2\?v=[0-9a-f]{12}"$/)]);
  });
});
