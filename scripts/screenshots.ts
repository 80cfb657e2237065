/**
 * `npm run screenshots`: takes the pictures of the README and of the operators' guide from a separate stack with the seed
 * of `npm start`. `npm run screenshots -- <folder>` takes a picture of every page of the portal into the folder, with the
 * demo data of the stack that `npm start -- --demo-data` runs, or else of a separate one; `--only 390-light/customer`
 * takes those with these characters in look and page. Needs a Chromium on the PATH or in CHROME_PATH.
 */
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { findChromium, launchChromium } from "../dev/browser/chromium.ts";
import { demoDataDefaults, fillDemoData } from "../dev/demo-data/fill.ts";
import { shootDocs } from "../dev/screenshots/docs.ts";
import { shootEveryPage } from "../dev/screenshots/every-page.ts";
import { seed } from "../dev/seed/seed.ts";
import type { StackFile } from "../dev/seed/stack-file.ts";
import { devPaths } from "../dev/stack/paths.ts";
import { startStack } from "../dev/stack/stack.ts";

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { only: { type: "string", default: "" } },
});
const folder = positionals[0] === undefined ? undefined : resolve(positionals[0]);

const executablePath = findChromium();
if (executablePath === undefined) {
  console.error("No Chromium found on the PATH or in CHROME_PATH.");
  process.exit(1);
}
const running = folder === undefined ? undefined : await findDemoStack();
const { file, stop } =
  running === undefined ? await startSeededStack() : { file: running, stop: async () => {} };
const browser = await launchChromium(executablePath);
try {
  if (folder === undefined) await shootDocs(browser, file);
  else await shootEveryPage(browser, file, { folder, only: values.only });
} finally {
  await browser.close();
  await stop();
}

/** Returns the stack of `npm start -- --demo-data` if it runs. */
async function findDemoStack(): Promise<StackFile | undefined> {
  if (!existsSync(devPaths.stackFile)) return undefined;
  const found = JSON.parse(await readFile(devPaths.stackFile, "utf8")) as StackFile;
  if (found.demo_customers === undefined) return undefined;
  // A stack that does not run refuses the connection.
  const isRunning = await fetch(`${found.origin}/healthz`).then(
    ({ ok }) => ok,
    () => false,
  );
  return isRunning ? found : undefined;
}

async function startSeededStack(): Promise<{ file: StackFile; stop(): Promise<void> }> {
  const stateDir = await mkdtemp(join(tmpdir(), "licenzy-screenshots-"));
  const stack = await startStack({ port: 0, stateDir, logFile: join(stateDir, "workers.log") });
  const end = async () => {
    await stack.stop();
    await rm(stateDir, { recursive: true, force: true });
  };
  try {
    const { origin, secrets } = stack;
    const made = await seed({ origin, setupToken: secrets.setupToken });
    if (folder !== undefined)
      Object.assign(made, await fillDemoData(made, { ...demoDataDefaults, print: console.log }));
    return { file: made, stop: end };
  } catch (error) {
    await end();
    throw error;
  }
}
