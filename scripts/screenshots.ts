/**
 * `npm run screenshots`: takes the pictures of the README and of the operators' guide from a separate stack with the seed
 * of `npm start`. Needs a Chromium on the PATH or in CHROME_PATH.
 */
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { findChromium, launchChromium } from "../dev/browser/chromium.ts";
import { shootGuide } from "../dev/screenshots/guide.ts";
import { seed } from "../dev/seed/seed.ts";
import type { StackFile } from "../dev/seed/stack-file.ts";
import { rootDir } from "../dev/stack/paths.ts";
import { startStack } from "../dev/stack/stack.ts";

const folder = join(rootDir, "docs/screenshots");

/** Lists the file, the page below the project and mode, and the viewport of each picture. */
const pictures = [
  { name: "overview-light", page: "test", width: 1280, colorScheme: "light" },
  { name: "products-dark", page: "test/products", width: 1280, colorScheme: "dark" },
  { name: "stripe-live-light", page: "live/stripe", width: 1280, colorScheme: "light" },
  { name: "customers-phone-dark", page: "test/customers", width: 390, colorScheme: "dark" },
  { name: "customer-phone-dark", page: "test/customers/user_refunded", width: 390, colorScheme: "dark" },
  { name: "customer-dark", page: "test/customers/user_disputed", width: 1280, colorScheme: "dark" },
  {
    name: "customer-unknown-phone-dark",
    page: "test/customers/user_unknown",
    width: 390,
    colorScheme: "dark",
  },
] as const;

const executablePath = findChromium();
if (executablePath === undefined) {
  console.error("No Chromium found on the PATH or in CHROME_PATH.");
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
    // A wide picture of twice the size would be larger than a repository should carry.
    const page = await openPage(browser, file, picture, picture.width === 390 ? 2 : 1);
    await page.goto(`/p/${file.project_id}/${picture.page}`);
    await shoot(page, picture.name);
    await page.context().close();
  }
  const page = await openPage(browser, file, { width: 1280, colorScheme: "light" }, 1);
  await shootGuide(page, file, (shown, name) => shoot(shown, `guide-${name}`));
} finally {
  await browser.close();
  await stack.stop();
  await rm(stateDir, { recursive: true, force: true });
}

/** Opens a page as the signed-in owner. `scale` is the number of device pixels per page pixel. */
async function openPage(
  from: Browser,
  { origin, operators }: StackFile,
  { width, colorScheme }: { width: number; colorScheme: "light" | "dark" },
  scale: number,
): Promise<Page> {
  const height = width === 390 ? 780 : 760;
  const context = await from.newContext({
    baseURL: origin,
    viewport: { width, height },
    colorScheme,
    deviceScaleFactor: scale,
  });
  const page = await context.newPage();
  await page.goto("/sign-in");
  await page.getByLabel("E-mail").fill(operators[0]?.email ?? "");
  await page.getByLabel("Password").fill(operators[0]?.password ?? "");
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.waitForURL(/\/p\//);
  return page;
}

async function shoot(page: Page, name: string): Promise<void> {
  await page.screenshot({ path: join(folder, `${name}.png`) });
  console.log(`docs/screenshots/${name}.png`);
}
