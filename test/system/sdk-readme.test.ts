import { randomBytes } from "node:crypto";
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { Hono } from "hono";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { sessionIdOf } from "../../dev/seed/api-client.ts";
import { buildSdk } from "../../scripts/sdk/build.ts";
import { run } from "../../sdk/src/cli/run.ts";
import { buildSignatureHeaders, generateSigningSecret } from "../../shared/webhooks/signing.ts";
import { emptyExport } from "./empty-export.ts";
import { buy, newWorld, type World } from "./world.ts";

/** All samples of the SDK's README, as one module that imports the built package by its name. */
const sdk = resolve(import.meta.dirname, "../../sdk");

interface Samples {
  open(userId: string): Promise<{ page?: string; redirect?: string; because?: string }>;
  generate(userId: string, jobId: string): Promise<string>;
  answer(userId: string, jobId: string, run: () => Promise<object>): Promise<object>;
  stream(userId: string, tokens: number[]): Promise<object>;
  gate(userId: string): Promise<boolean>;
  hook(request: Request, secret: string, handle: (event: object) => Promise<void>): Promise<Response>;
  paid: (c: unknown, next: () => Promise<void>) => Promise<Response | undefined>;
  test(): Promise<object>;
  diagnose(): Promise<{ mode: string; webhook: string; types: string[] }>;
}

let folder: string;
let world: World;
let samples: Samples;
let count: number;
let readme: string;

beforeAll(async () => {
  world = await newWorld();
  folder = await mkdtemp(join(tmpdir(), "licenzy-readme-"));
  const installed = join(folder, "node_modules/licenzy");
  await buildSdk(join(installed, "dist"));
  await symlink(join(sdk, "package.json"), join(installed, "package.json"));
  readme = await readFile(join(sdk, "README.md"), "utf8");
  const blocks = [...readme.matchAll(/```ts\n([\s\S]*?)```/g)];
  count = blocks.length;
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "samples.mjs"), blocks.map(([, code]) => code).join("\n"));
  vi.stubEnv("LICENZY_API_KEY", world.apiKey);
  vi.stubEnv("LICENZY_BASE_URL", world.origin);
  samples = (await import(pathToFileURL(join(folder, "samples.mjs")).href)) as Samples;
}, 120_000);

afterAll(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true, force: true });
});

it("every sample of the README runs against the stack and does what the text says", async () => {
  expect(count).toBe(9);
  const user = `user_${randomBytes(6).toString("hex")}`;
  const denied = await samples.open(user);
  expect(denied).toMatchObject({ because: "no_entitlement" });
  await world.stripe.pay(sessionIdOf(denied.redirect ?? ""));
  await expect.poll(() => samples.open(user)).toEqual({ page: "app" });

  expect(await samples.generate(user, "job-1")).toBe("975 left");
  expect(await samples.generate(user, "job-1")).toBe("975 left");
  expect(await samples.generate("user_without", "job-2")).toBe("Buy more credits.");
  const job = await samples.answer(user, "job-3", async () => ({ units: 75, text: "hello" }));
  expect(job).toEqual({ text: "hello", unpaid: 0 });
  expect(await samples.stream(user, [100, 100, 400])).toMatchObject({
    consumed: 200,
    released: 300,
    usageRemaining: 700,
  });
  expect([await samples.gate(user), await samples.gate("user_without")]).toEqual([true, false]);

  const secret = generateSigningSecret();
  const data = { subject_ref: user, project_id: "prj_1", mode: "test", sequence: 1 };
  const body = JSON.stringify({ id: "evt_1", type: "usage.consumed", timestamp: "", data });
  const headers = buildSignatureHeaders([secret], { id: "evt_1", at: Date.now(), body });
  const seen: object[] = [];
  const send = (changed = body) =>
    samples.hook(
      new Request("https://app.test/", { method: "POST", body: changed, headers }),
      secret,
      async (event) => {
        seen.push(event);
      },
    );
  expect([(await send()).status, (await send()).status, (await send("{}")).status]).toEqual([204, 204, 400]);
  expect(seen).toHaveLength(1);

  await buy(world, user, "PRO_MONTHLY");
  const app = new Hono<{ Variables: { userId: string } }>();
  app.use(async (c, next) => {
    c.set("userId", c.req.header("user") ?? "");
    await next();
  });
  app.use("*", samples.paid);
  app.get("/", (c) => c.text("paid"));
  const get = async (name: string) => (await app.request("/", { headers: { user: name } })).status;
  await expect.poll(() => get(user)).toBe(200);
  expect(await get("user_without")).toBe(402);
  expect(await samples.test()).toMatchObject({ ok: true, allowed: true });
  expect(await samples.diagnose()).toEqual({
    mode: "test",
    webhook: "ok",
    types: expect.arrayContaining(["purchase.finalized"]),
  });
}, 60_000);

it("every command of the README runs against the stack", async () => {
  const [, block = ""] = /```sh\n([\s\S]*?)```/.exec(readme) ?? [];
  const commands = block.trim().split("\n");
  expect(commands).toHaveLength(8);
  const path = join(folder, "export.json");
  await writeFile(path, JSON.stringify(emptyExport));
  for (const command of commands) {
    const [program, name, ...args] = command.replace("export.json", path).split(" ");
    expect([program, name]).toEqual(["npx", "licenzy"]);
    const lines: string[] = [];
    const interruption = new AbortController();
    const write = (line: string) => {
      lines.push(line);
      // `listen` runs until it is interrupted.
      if (/^Signing secret/.test(line)) interruption.abort();
    };
    const code = await run(args, {
      variables: process.env,
      streams: { out: write, error: write },
      signal: interruption.signal,
    });
    // Nothing was bought: checks are denied and nothing can be spent.
    const expected = /check |consume/.test(command) ? 1 : 0;
    expect({ command, code, lines }).toMatchObject({ command, code: expected });
  }
}, 60_000);
