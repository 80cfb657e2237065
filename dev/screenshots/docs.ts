import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import type { StackFile } from "../seed/stack-file.ts";
import { rootDir } from "../stack/paths.ts";
import { openPage } from "./browser-page.ts";
import { shootGuide } from "./guide.ts";

const folder = join(rootDir, "docs/screenshots");

const wide = { width: 1280, height: 760 };
// A wide picture of twice the size would be larger than a repository should carry.
const phone = { width: 390, height: 780, scale: 2 };

/** Lists the file, the page below the project and mode, and the look of each picture. */
const pictures = [
  { name: "overview-light", page: "test", ...wide, colorScheme: "light" },
  { name: "products-dark", page: "test/products", ...wide, colorScheme: "dark" },
  { name: "stripe-live-light", page: "live/stripe", ...wide, colorScheme: "light" },
  { name: "customers-phone-dark", page: "test/customers", ...phone, colorScheme: "dark" },
  { name: "customer-phone-dark", page: "test/customers/user_refunded", ...phone, colorScheme: "dark" },
  { name: "customer-dark", page: "test/customers/user_disputed", ...wide, colorScheme: "dark" },
  { name: "customer-unknown-phone-dark", page: "test/customers/user_unknown", ...phone, colorScheme: "dark" },
] as const;

/** Takes the pictures of the README and of the operators' guide. Changes the subjects of the seed. */
export async function shootDocs(browser: Browser, file: StackFile): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const picture of pictures) {
    const page = await openPage(browser, file, picture);
    await page.goto(`/p/${file.project_id}/${picture.page}`);
    await shoot(page, picture.name);
    await page.context().close();
  }
  const page = await openPage(browser, file, { ...wide, colorScheme: "light" });
  await shootGuide(page, file, (shown, name) => shoot(shown, `guide-${name}`));
}

async function shoot(page: Page, name: string): Promise<void> {
  await page.screenshot({ path: join(folder, `${name}.png`) });
  console.log(`docs/screenshots/${name}.png`);
}
