import { type ChildProcess, execFile, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { cp, mkdtemp, readdir, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { sessionIdOf } from "../../dev/seed/api-client.ts";
import { reservePort } from "../../dev/stack/ports.ts";
import type { Sample } from "../../docs-site/generator/samples.ts";
import { newSampleFolder, readSiteSamples, type SampleFolder } from "./site-samples.ts";
import { newWorld, type World } from "./world.ts";

/** The quickstart as a reader plays it: an empty folder, the packed package, the page's own code. */

const root = resolve(import.meta.dirname, "../..");
const execute = promisify(execFile);

let world: World;
let samples: Sample[];
let folder: SampleFolder;
let tarball: string;
let project: string;
let env: NodeJS.ProcessEnv;

const codeOf = (name: string) => samples.find(({ sample }) => sample === name)?.code ?? "";

beforeAll(async () => {
  world = await newWorld();
  samples = await readSiteSamples();
  folder = await newSampleFolder(samples);
  // What is published: package.json, README.md and dist.
  const source = await mkdtemp(join(tmpdir(), "licenzy-package-"));
  await Promise.all(
    ["package.json", "README.md"].map((name) => cp(join(root, "sdk", name), join(source, name))),
  );
  await cp(join(folder.path, "node_modules/licenzy/dist"), join(source, "dist"), { recursive: true });
  await execute("npm", ["pack", "--silent", "--offline"], { cwd: source });
  tarball = join(source, (await readdir(source)).find((name) => name.endsWith(".tgz")) ?? "");
  project = await mkdtemp(join(tmpdir(), "licenzy-quickstart-"));
  // The page's two lines, with this stack's address and key.
  const lines = codeOf("quickstart-env").trim().split("\n");
  expect(lines.map((line) => line.split("=")[0])).toEqual([
    "export LICENZY_BASE_URL",
    "export LICENZY_API_KEY",
  ]);
  env = { ...process.env, LICENZY_BASE_URL: world.origin, LICENZY_API_KEY: world.apiKey };
}, 180_000);

afterAll(async () => {
  vi.unstubAllEnvs();
  await folder.remove();
  for (const path of [project, resolve(tarball, "..")]) await rm(path, { recursive: true, force: true });
});

it("leads from an empty folder to a paid, spent and gated backend in less than 3 minutes", {
  timeout: 180_000,
}, async () => {
  const startedAt = performance.now();
  expect(codeOf("quickstart-install").trim()).toBe("npm install licenzy");
  await execute("npm", ["install", "--silent", "--offline", "--no-audit", "--no-fund", tarball], {
    cwd: project,
    env,
  });

  const customer = `user_${randomBytes(6).toString("hex")}`;
  await cp(await folder.write("quickstart-first"), join(project, "app.mjs"));
  const runApp = async () =>
    (await execute("node", ["app.mjs"], { cwd: project, env: { ...env, CUSTOMER: customer } })).stdout.trim();
  const denied = await runApp();
  expect(denied).toMatch(/^denied \(no_entitlement\)\. Pay here: http/);
  await world.stripe.pay(sessionIdOf(denied.split("Pay here: ")[1] ?? ""));
  await expect.poll(runApp).toBe("allowed, 900 credits left");
  expect(await runApp()).toBe("allowed, 900 credits left");

  for (const name of ["quickstart-hono", "quickstart-express"]) await expectGate(name, customer);
  vi.stubEnv("LICENZY_BASE_URL", world.origin);
  vi.stubEnv("LICENZY_API_KEY", world.apiKey);
  await cp(await folder.write("quickstart-next"), join(project, "route.mjs"));
  const { GET } = (await import(pathToFileURL(join(project, "route.mjs")).href)) as {
    GET(request: Request): Promise<Response>;
  };
  const get = (headers: Record<string, string>) =>
    GET(new Request("http://app.test/api/report", { headers }));
  expect((await get({ "x-user": customer })).status).toBe(200);
  expect((await get({ "x-user": "user_without" })).status).toBe(402);
  expect((await get({})).status).toBe(401);
  expect(performance.now() - startedAt).toBeLessThan(180_000);
});

/** Starts the sample's server and requests its route with, without and with no customer. */
async function expectGate(name: string, customer: string): Promise<void> {
  // The reader installs these from the registry, which a test must not need.
  for (const framework of ["hono", "@hono", "express"])
    await symlink(join(root, "node_modules", framework), join(project, "node_modules", framework)).catch(
      (error: NodeJS.ErrnoException) => {
        if (error.code !== "EEXIST") throw error;
      },
    );
  await cp(await folder.write(name), join(project, `${name}.mjs`));
  const port = await reservePort(0);
  const server: ChildProcess = spawn("node", [`${name}.mjs`], {
    cwd: project,
    env: { ...env, PORT: String(port) },
    stdio: "ignore",
  });
  try {
    const get = async (headers: Record<string, string>) => {
      const reply = await fetch(`http://localhost:${port}/api/report`, { headers });
      return [reply.status, (await reply.json()) as object];
    };
    await expect
      .poll(() => get({ "x-user": customer }).catch(() => []))
      .toEqual([200, { report: "for paying customers" }]);
    expect(await get({ "x-user": "user_without" })).toEqual([
      402,
      { error: "access_denied", reason: "no_entitlement" },
    ]);
    expect((await get({}))[0]).toBe(401);
  } finally {
    server.kill();
  }
}
