import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import axe from "axe-core";
import type { Browser, Page } from "playwright-core";
import { expect } from "vitest";
import { findChromium, launchChromium } from "../../dev/browser/chromium.ts";
import type { OperatorEntry } from "../../dev/seed/stack-file.ts";
import { type Stack, startStack } from "../../dev/stack/stack.ts";
import { spawnPocketStripe } from "../../dev/stripe-process/spawn.ts";

/** The path of the browser. Tests without a browser are skipped, and `npm test` reports that. */
export const chromiumPath = findChromium();

export interface PortalBrowser {
  stack: Stack;
  browser: Browser;
  /** Where pocket Stripe answers. */
  stripeOrigin: string;
  close(): Promise<void>;
}

/**
 * Starts an empty stack and a browser for one test file. STRIPE_OVER_TCP gives the stack a Stripe in a separate process,
 * which it reaches over TCP.
 */
export async function openPortalBrowser(): Promise<PortalBrowser> {
  if (chromiumPath === undefined) throw new Error("There is no Chromium");
  const stateDir = await mkdtemp(join(tmpdir(), "licenzy-browser-"));
  const stripe = process.env["STRIPE_OVER_TCP"] ? await spawnPocketStripe() : undefined;
  const stack = await startStack({
    port: 0,
    stateDir,
    cronEveryMs: 0,
    logFile: join(stateDir, "workers.log"),
    ...(stripe === undefined ? {} : { stripeBase: stripe.base }),
  });
  const browser = await launchChromium(chromiumPath);
  return {
    stack,
    browser,
    stripeOrigin: stripe?.origin ?? stack.origin,
    async close() {
      await browser.close();
      await stack.stop();
      await stripe?.stop();
      await rm(stateDir, { recursive: true, force: true });
    },
  };
}

export interface Look {
  width: number;
  colorScheme: "light" | "dark";
}

const wideLight: Look = { width: 1280, colorScheme: "light" };
const narrowDark: Look = { width: 390, colorScheme: "dark" };

/** Opens a page and collects its script errors and content policy violations in `errors`. */
export async function openPage(
  { browser, stack }: PortalBrowser,
  look: Look = wideLight,
): Promise<{ page: Page; errors: string[] }> {
  const context = await browser.newContext({
    baseURL: stack.origin,
    viewport: { width: look.width, height: 840 },
    colorScheme: look.colorScheme,
  });
  const page = await context.newPage();
  const errors: string[] = [];
  page.on("pageerror", (error) => errors.push(`${page.url()}: ${error.message}`));
  page.on("console", (message) => {
    // Chromium reports the 4xx response to a refused form as a loading error.
    if (message.type() === "error" && !message.text().startsWith("Failed to load resource"))
      errors.push(`${page.url()}: ${message.text()}`);
  });
  return { page, errors };
}

/** Signs in with the form, and waits for the first page of the project. */
export async function signIn(page: Page, operator: OperatorEntry | undefined): Promise<void> {
  await page.goto("/sign-in");
  await page.getByLabel("Email").fill(operator?.email ?? "");
  await page.getByLabel("Password").fill(operator?.password ?? "");
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.waitForURL(/\/p\//);
}

interface AxeResult {
  violations: { id: string; help: string; nodes: { html: string; failureSummary: string }[] }[];
  passes: unknown[];
}

/**
 * Runs axe on the current page, with the rule for the size of targets on a phone. Evaluates its source, because the
 * content policy blocks foreign scripts.
 */
export async function expectAccessible(page: Page): Promise<void> {
  await page.evaluate(axe.source);
  const isPhone = (page.viewportSize()?.width ?? 0) <= 860;
  const options = JSON.stringify({ rules: { "target-size": { enabled: isPhone } } });
  const result = (await page.evaluate(`axe.run(document, ${options})`)) as AxeResult;
  expect(result.passes.length, "axe checked some rules").toBeGreaterThan(5);
  const found = result.violations.flatMap(({ id, help, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${page.url()} ${id}: ${help}\n${html}\n${failureSummary}`),
  );
  expect(found).toEqual([]);
}

/** Presses Tab until the element with this name has the focus. */
export async function tabTo(page: Page, name: string): Promise<void> {
  for (let presses = 0; presses < 120; presses++) {
    await page.keyboard.press("Tab");
    const focused = await page.evaluate(
      "(document.activeElement.labels?.[0] ?? document.activeElement).textContent.trim()",
    );
    if (focused === name) return;
  }
  throw new Error(`Tab never reached ${name}`);
}

export const sizes = [wideLight, narrowDark];
