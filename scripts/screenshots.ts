/**
 * `npm run screenshots`: takes the pictures of the README from a stack of its own, seeded as `npm start` does it. Needs a
 * Chromium on the PATH or in CHROME_PATH.
 */
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { findChromium, launchChromium } from "./browser/chromium.ts";
import { type StackFile, seed } from "./seed/seed.ts";
import { rootDir } from "./stack/paths.ts";
import { startStack } from "./stack/stack.ts";

const folder = join(rootDir, "docs/screenshots");

/** File, page below the project and mode, and how it is looked at. */
const pictures = [
  { name: "overview-light", page: "test", width: 1280, colorScheme: "light" },
  { name: "products-dark", page: "test/products", width: 1280, colorScheme: "dark" },
  { name: "stripe-live-light", page: "live/stripe", width: 1280, colorScheme: "light" },
  { name: "customers-phone-dark", page: "test/customers", width: 390, colorScheme: "dark" },
] as const;

const executablePath = findChromium();
if (executablePath === undefined) {
  console.error("There is no Chromium on the PATH or in CHROME_PATH.");
  process.exit(1);
}
const stateDir = await mkdtemp(join(tmpdir(), "licenzy-screenshots-"));
const stack = await startStack({ port: 0, stateDir, logFile: join(stateDir, "workers.log") });
const browser = await launchChromium(executablePath);
try {
  const { origin, secrets } = stack;
  const file = await seed({ origin, setupToken: secrets.setupToken });
  await mkdir(folder, { recursive: true });
  for (const picture of pictures) {
    await take(browser, file, picture);
    console.log(`docs/screenshots/${picture.name}.png`);
  }
} finally {
  await browser.close();
  await stack.stop();
  await rm(stateDir, { recursive: true, force: true });
}

async function take(
  from: Browser,
  { origin, project_id, operators }: StackFile,
  { name, page: path, width, colorScheme }: (typeof pictures)[number],
): Promise<void> {
  const height = width === 390 ? 780 : 760;
  const context = await from.newContext({
    baseURL: origin,
    viewport: { width, height },
    colorScheme,
    deviceScaleFactor: 2,
  });
  const page = await context.newPage();
  await page.goto("/sign-in");
  await page.getByLabel("E-mail").fill(operators[0]?.email ?? "");
  await page.getByLabel("Password").fill(operators[0]?.password ?? "");
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.waitForURL(/\/p\//);
  await page.goto(`/p/${project_id}/${path}`);
  await page.screenshot({ path: join(folder, `${name}.png`) });
  await context.close();
}
