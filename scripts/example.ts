/** `npm run example -- hono` or `-- next`: starts an example with the key of the running `npm start`. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { StackFile } from "../dev/seed/stack-file.ts";
import { devPaths, rootDir } from "../dev/stack/paths.ts";
import { buildSdk } from "./sdk/build.ts";

const [name = ""] = process.argv.slice(2);
if (name !== "hono" && name !== "next") fail("Usage: npm run example -- hono, or npm run example -- next");
if (!existsSync(devPaths.stackFile))
  fail("No demo project yet. Run npm start in another terminal, then run this again.");
const { origin, test_key, receiver } = JSON.parse(await readFile(devPaths.stackFile, "utf8")) as StackFile;
const env = {
  LICENZY_API_KEY: test_key,
  LICENZY_BASE_URL: origin,
  LICENZY_WEBHOOK_SECRET: receiver.secret,
};
const folder = join(rootDir, "examples", name);
const variables = Object.entries(env).map(([variable, value]) => `${variable}=${value}`);
const hook = `http://localhost:${process.env["PORT"] || 3000}/hook`;
console.log(
  `To send webhooks to it, run this in another terminal:\n${variables.join(" ")} npm run licenzy -- listen --forward ${hook}\n`,
);
if (name === "hono") await start(rootDir, "node", ["--import", "tsx", "examples/hono/server.ts"]);
else {
  await buildSdk(join(rootDir, "sdk/dist"));
  if (!existsSync(join(folder, "node_modules/next")))
    await start(folder, "npm", ["install", "--no-audit", "--no-fund", "--no-package-lock"]);
  await start(folder, "npx", ["next", "dev"]);
}

async function start(cwd: string, command: string, args: string[]): Promise<void> {
  const child = spawn(command, args, { cwd, env: { ...process.env, ...env }, stdio: "inherit" });
  const [code] = (await once(child, "exit")) as [number | null];
  if (code !== 0) process.exit(code ?? 1);
}

function fail(message: string): never {
  console.error(message);
  process.exit(1);
}
