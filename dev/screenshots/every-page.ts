import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { PortalClient } from "../seed/portal-client.ts";
import type { StackFile } from "../seed/stack-file.ts";
import { type Look, openPage, openPublicPage } from "./browser-page.ts";
import { listPages } from "./pages.ts";

/** A folder of pictures each. */
const looks: Record<string, Look> = {
  "1440-light": { width: 1440, height: 900, colorScheme: "light" },
  "1440-dark": { width: 1440, height: 900, colorScheme: "dark" },
  "390-light": { width: 390, height: 844, colorScheme: "light" },
  "1920-light": { width: 1920, height: 1080, colorScheme: "light" },
};

/**
 * Takes a picture of the whole height of every page, in each look, into `<folder>/<look>/<page>.png`. `only`
 * restricts it to pictures with these characters in `<look>/<page>`.
 */
export async function shootEveryPage(
  browser: Browser,
  file: StackFile,
  { folder, only }: { folder: string; only: string },
): Promise<void> {
  const owner = new PortalClient(file.origin);
  const [entry] = file.operators;
  await owner.signIn(entry?.email ?? "", entry?.password ?? "");
  const everyPage = await listPages(file, owner);
  for (const [name, look] of Object.entries(looks)) {
    const pages = everyPage.filter((page) => `${name}/${page.name}`.includes(only));
    if (pages.length === 0) continue;
    await mkdir(join(folder, name), { recursive: true });
    const own = await openPage(browser, file, look);
    const stranger = await openPublicPage(browser, file, look);
    for (const { name: pageName, path, isPublic, press, prepare } of pages) {
      const page = isPublic ? stranger : own;
      await page.goto(prepare === undefined ? path : await prepare());
      if (press !== undefined) await pressFirst(page, press);
      await page.screenshot({ path: join(folder, name, `${pageName}.png`), fullPage: true });
      const overflows = await page.evaluate("document.documentElement.scrollWidth > innerWidth");
      if (overflows) console.log(`${name}/${pageName} is wider than the window`);
    }
    await own.context().close();
    await stranger.context().close();
    console.log(`${join(folder, name)}: ${pages.length} pictures`);
  }
}

/** Presses the first control of this name, and waits for what comes: a page, or a dialog of a script. */
async function pressFirst(page: Page, name: string): Promise<void> {
  const control = page.locator("button, a, summary").filter({ hasText: name }).filter({ visible: true });
  await control.first().click();
  await page.waitForLoadState("networkidle");
}
