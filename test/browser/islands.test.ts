import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { seed } from "../../dev/seed/seed.ts";
import type { StackFile } from "../../dev/seed/stack-file.ts";
import { sendTestEvent } from "../../shared/contract/operations/endpoints.ts";
import {
  newReceiver,
  respondOk,
  respondWith,
  type ScriptedReceiver,
  WebhookOperations,
} from "../system/receiver.ts";
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

describe.skipIf(chromiumPath === undefined)("portal scripts", () => {
  let portal: PortalBrowser;
  let file: StackFile;
  let target: ScriptedReceiver;
  let path: string;

  beforeAll(async () => {
    portal = await openPortalBrowser();
    const { origin, secrets } = portal.stack;
    file = await seed({ origin, setupToken: secrets.setupToken });
    target = await newReceiver(respondWith(500, {}, "down for repairs"));
    path = `/p/${file.project_id}/test`;
  });
  afterAll(async () => {
    await target.close();
    await portal.close();
  });

  const signedInPages = new Map<Look, ReturnType<typeof openSignedIn>>();

  /** Returns one signed-in page per look, because signing in takes longer than the tests. */
  function signedIn(look: Look = sizes[0] as Look): ReturnType<typeof openSignedIn> {
    const page = signedInPages.get(look) ?? openSignedIn(look);
    signedInPages.set(look, page);
    return page;
  }

  async function openSignedIn(look: Look) {
    const opened = await openPage(portal, look);
    await signIn(opened.page, file.operators[0]);
    return opened;
  }

  it("the delivery page updates from pending to delivered without a reload and keeps the focus", async () => {
    const { page, errors } = await signedIn();
    const hooks = new WebhookOperations(portal.stack.origin, file.project_id);
    const { endpointId } = await hooks.create(target.url);
    let release = () => {};
    target.respond = (received, response, raw) => {
      release = () => respondOk(received, response, raw);
    };
    await hooks.run(sendTestEvent, { endpointId });
    const { deliveryId } = await hooks.readOnlyDelivery({ endpointId });
    await page.clock.install();
    await page.goto(`${path}/deliveries/${deliveryId}`);
    await page.evaluate("window.isSamePage = true");
    let statusRequests = 0;
    page.on("request", (request) => {
      if (request.url().endsWith("/status")) statusRequests++;
    });
    const note = page.locator("[data-live-note]");
    await note.getByText("Live", { exact: true }).waitFor();
    expect(await page.getByText("Queued", { exact: true }).count()).toBe(1);
    await expectAccessible(page);
    await page.getByRole("link", { name: target.url }).focus();
    await expect.poll(() => target.log.length).toBe(1);
    release();
    await page.getByText("HTTP 200", { exact: true }).waitFor();
    expect(await note.innerText()).toBe("Delivered, after 1 attempt.");
    expect(await page.getByRole("button", { name: "Resend event" }).count()).toBe(1);
    expect(await page.evaluate("[window.isSamePage, document.activeElement.textContent]")).toEqual([
      true,
      target.url,
    ]);
    await expectAccessible(page);
    const requestsUntilDelivered = statusRequests;
    expect(requestsUntilDelivered).toBeGreaterThan(0);
    await page.clock.runFor(30_000);
    expect(statusRequests).toBe(requestsUntilDelivered);
    expect(errors).toEqual([]);
  });

  it("the usage chart shows the value of a bar under the pointer and from the keyboard", async () => {
    for (const look of sizes) {
      const { page, errors } = await signedIn(look);
      await page.goto(`${path}/customers/user_out_of_credits?tab=usage`);
      const chart = page.getByRole("slider", { name: "Units by day" });
      const tip = page.locator(".tip");
      await chart.focus();
      const today = await tip.innerText();
      expect(today).toMatch(/^\d+ \w+ \d{4} \(UTC\): \d[\d,]* units?$/);
      await page.keyboard.press("ArrowLeft");
      expect(await tip.innerText()).not.toBe(today);
      expect(await chart.getAttribute("aria-valuetext")).toBe(await tip.innerText());
      await expectAccessible(page);
      await page.keyboard.press("Escape");
      expect(await tip.isVisible()).toBe(false);
      const box = await chart.boundingBox();
      await chart.hover({ position: { x: (box?.width ?? 0) - 2, y: 10 } });
      expect(await tip.innerText()).toBe(today);
      const isTooWide = await page.evaluate("document.documentElement.scrollWidth > innerWidth");
      expect(isTooWide).toBe(false);
      expect(errors).toEqual([]);
    }
  });

  it("the delivery page stays readable when JavaScript is disabled", async () => {
    const context = await portal.browser.newContext({
      baseURL: portal.stack.origin,
      javaScriptEnabled: false,
    });
    const page = await context.newPage();
    await signIn(page, file.operators[0]);
    target.respond = respondWith(503, {}, "not yet");
    const hooks = new WebhookOperations(portal.stack.origin, file.project_id);
    const { endpointId } = await hooks.create(target.url);
    await hooks.run(sendTestEvent, { endpointId });
    const { deliveryId } = await hooks.readOnlyDelivery({ endpointId });
    await page.goto(`${path}/deliveries/${deliveryId}`);
    expect(await page.locator("pre[data-payload]").innerText()).toContain('"type": "endpoint.test"');
    await expect
      .poll(async () => {
        // A test event is attempted once. After that nothing changes, and the link is gone.
        const reload = page.getByRole("link", { name: "Reload" });
        if ((await reload.count()) > 0) await reload.click();
        return page.getByText("HTTP 503", { exact: true }).count();
      })
      .toBe(1);
    expect(await page.getByRole("link", { name: "Reload" }).count()).toBe(0);
    await context.close();
  });
});
