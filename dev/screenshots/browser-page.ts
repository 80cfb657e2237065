import type { Browser, Page } from "playwright-core";
import type { StackFile } from "../seed/stack-file.ts";

export interface Look {
  width: number;
  height: number;
  colorScheme: "light" | "dark";
  /** Device pixels per page pixel, 1 by default. */
  scale?: number;
}

/** Opens a page without a session. */
export async function openPublicPage(from: Browser, { origin }: StackFile, look: Look): Promise<Page> {
  const { width, height, colorScheme, scale = 1 } = look;
  const context = await from.newContext({
    baseURL: origin,
    viewport: { width, height },
    colorScheme,
    deviceScaleFactor: scale,
  });
  return context.newPage();
}

/** Opens a page as the signed-in owner. */
export async function openPage(from: Browser, file: StackFile, look: Look): Promise<Page> {
  const page = await openPublicPage(from, file, look);
  const [owner] = file.operators;
  await page.goto("/sign-in");
  await page.getByLabel("Email").fill(owner?.email ?? "");
  await page.getByLabel("Password").fill(owner?.password ?? "");
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.waitForURL(/\/p\//);
  return page;
}
