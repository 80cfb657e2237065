import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ApiClient } from "../../dev/seed/api-client.ts";
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

/** Refs that move what is around them where a page does not isolate and clip them. */
const hostileRefs = {
  rightToLeft: "\u202Egpj.eciovni",
  zalgo: `z${"\u0335\u0321\u0328\u0323\u0334".repeat(12)}algo`,
  longest: "x".repeat(255),
};

describe.skipIf(chromiumPath === undefined)("craft of the pages", () => {
  let portal: PortalBrowser;
  let file: StackFile;
  let root: string;
  const opened = new Map<Look, Promise<{ page: Page; errors: string[] }>>();

  beforeAll(async () => {
    portal = await openPortalBrowser();
    const { origin, secrets } = portal.stack;
    file = await seed({ origin, setupToken: secrets.setupToken });
    root = `/p/${file.project_id}/test`;
    const api = new ApiClient(origin, file.test_key);
    for (const [index, ref] of Object.values(hostileRefs).entries())
      expect((await api.checkout(ref, "CREDITS_1000", `craft-${index}`)).status).toBe(201);
  });
  afterAll(() => portal.close());

  function signedIn(look: Look = sizes[0] as Look) {
    const page = opened.get(look) ?? openSignedIn(look);
    opened.set(look, page);
    return page;
  }

  async function openSignedIn(look: Look) {
    const result = await openPage(portal, look);
    await signIn(result.page, file.operators[0]);
    return result;
  }

  it.each(sizes)("no page moves while it loads at $width px", async (look) => {
    const { page, errors } = await signedIn(look);
    await page.addInitScript(collectShifts);
    const pages = [
      "",
      "/customers",
      "/customers/user_paid",
      "/customers/user_paid?tab=usage",
      "/deliveries",
      "/events",
    ];
    const others = [
      "/inbox",
      "/alerts",
      "/products",
      "/products/new",
      "/keys",
      "/stripe",
      "/webhooks",
      "/settings",
      "/data",
    ];
    const paths = [...pages, ...others].map((path) => root + path);
    for (const path of [...paths, "/projects", "/team", "/plan", "/audit", "/account"]) {
      // The first load fills the cache; text must not move when it comes from there either.
      for (const load of [1, 2]) {
        await page.goto(path, { waitUntil: "networkidle" });
        const moved = await page.evaluate("shifts.reduce((sum, value) => sum + value, 0)");
        expect({ path, load, moved }).toEqual({ path, load, moved: 0 });
      }
    }
    // A slow browser paints what is parsed so far, unless the page says that it waits for the last element.
    const last = `document.querySelector("link[rel=expect][blocking=render]").getAttribute("href")`;
    expect(await page.evaluate(`document.querySelector(${last}).parentElement === document.body`)).toBe(true);
    // Before the summary of a `details` is parsed, a slow browser paints the word "Details".
    const early = `document.querySelector("details.menu").cloneNode()`;
    expect(await page.evaluate(`document.body.appendChild(${early}).getClientRects().length`)).toBe(0);
    expect(errors).toEqual([]);
  });

  it.each(sizes)(
    "every page isolates and clips a ref that reverses or covers other text at $width px",
    async (look) => {
      const { page } = await signedIn(look);
      for (const [name, ref] of Object.entries(hostileRefs)) {
        const customer = `${root}/customers/${encodeURIComponent(ref)}`;
        const search = `${root}/customers?q=${encodeURIComponent(ref.slice(0, 200))}`;
        const paths = [
          `${root}/customers`,
          customer,
          `${customer}/grant`,
          `${customer}/sync`,
          `${customer}/erase`,
          search,
        ];
        for (const path of paths) {
          await page.goto(path);
          const found = (await page.evaluate(`(${findLooseRefs})(${JSON.stringify(ref)})`)) as {
            count: number;
            loose: string[];
            isTooWide: boolean;
          };
          expect({ name, path, ...found }).toEqual({
            name,
            path,
            count: expect.any(Number),
            loose: [],
            isTooWide: false,
          });
          if (path !== search) expect({ path, count: found.count > 0 }).toEqual({ path, count: true });
        }
      }
    },
  );

  it("a form that can't be undone shows its confirmation over the page, and Cancel changes nothing", async () => {
    for (const look of sizes) {
      const { page, errors } = await signedIn(look);
      await page.goto("/team");
      const members = await page.getByRole("row").count();
      await page.getByRole("button", { name: "Remove member…" }).first().click();
      const dialog = page.getByRole("alertdialog");
      await dialog.waitFor();
      expect(page.url()).toMatch(/\/team$/);
      await expectAccessible(page);
      expect(await page.evaluate("document.activeElement.textContent")).toBe("Cancel");
      await page.keyboard.press("Enter");
      await dialog.waitFor({ state: "detached" });
      await page.reload();
      expect(await page.getByRole("row").count()).toBe(members);
      expect(errors).toEqual([]);
    }
  });

  it("a confirmed form acts, and without scripts the confirmation is a page", async () => {
    const { page } = await signedIn();
    await page.goto(`${root}/products/DAY_PASS`);
    await page.getByRole("button", { name: "Archive product…" }).click();
    await page.getByRole("alertdialog").getByRole("button", { name: "Archive product" }).click();
    await page.getByText("DAY_PASS is archived.").waitFor();

    const context = await portal.browser.newContext({
      baseURL: portal.stack.origin,
      javaScriptEnabled: false,
    });
    const plain = await context.newPage();
    await signIn(plain, file.operators[0]);
    await plain.goto(`${root}/products/PRO_MONTHLY`);
    await plain.getByRole("button", { name: "Archive product…" }).click();
    await plain.getByRole("heading", { name: "Archive PRO_MONTHLY?" }).waitFor();
    await plain.getByRole("link", { name: "Cancel" }).click();
    await plain.waitForURL(/\/products\/PRO_MONTHLY$/);
    expect(await plain.getByRole("button", { name: "Archive product…" }).count()).toBe(1);
    await context.close();
  });

  it("a form that is being sent is sent once, and its button keeps its size", async () => {
    const { page } = await signedIn();
    await page.goto(`${root}/settings`);
    let sent = 0;
    await page.route(/\/settings$/, async (route) => {
      if (route.request().method() === "POST") sent++;
      await new Promise((resolve) => setTimeout(resolve, 300));
      await route.continue();
    });
    const button = page.getByRole("button", { name: "Save settings" });
    await button.waitFor();
    // Two clicks in one task, as a fast double click: the navigation has not begun.
    const [busy, before, after] = (await page.evaluate(`
      const [save] = [...document.querySelectorAll("button")].filter((each) => each.textContent.includes("Save settings"));
      const size = () => JSON.stringify(save.getBoundingClientRect());
      const idle = size();
      save.click();
      save.click();
      [save.getAttribute("aria-busy"), idle, size()];
    `)) as [string | null, string, string];
    expect(busy).toBe("true");
    expect(after).toBe(before);
    await page.getByText("Settings saved.").waitFor();
    expect(sent).toBe(1);
    await page.unroute(/\/settings$/);
  });
});

/** Runs in the page: sums up what moves. */
const collectShifts = `
  globalThis.shifts = [];
  new PerformanceObserver((list) => {
    for (const { value } of list.getEntries()) shifts.push(value);
  }).observe({ type: "layout-shift", buffered: true });
`;

/** Runs in the page: finds the texts with `ref` that are outside of a `bdi`, or not clipped by it. */
const findLooseRefs = `(ref) => {
  const loose = [];
  let count = 0;
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
    const parent = node.parentElement;
    if (parent === null || !node.textContent.includes(ref) || parent.closest("script, textarea, pre")) continue;
    count++;
    const isolated = parent.closest("bdi");
    const isClipped = isolated !== null && getComputedStyle(isolated).overflowY !== "visible";
    if (!isClipped) loose.push(parent.outerHTML.slice(0, 200));
  }
  return { count, loose, isTooWide: document.documentElement.scrollWidth > innerWidth };
}`;
