import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findChromium, launchChromium } from "../../dev/browser/chromium.ts";
import { ApiClient, buy } from "../../dev/seed/api-client.ts";
import { PocketStripe } from "../../dev/seed/pocket-stripe.ts";
import { rootDir } from "../../dev/stack/paths.ts";
import { reservePort } from "../../dev/stack/ports.ts";
import { type DevProcess, startDevProcess } from "../../dev/wrangler/dev-process.ts";
import { sourceEdits, timeEdit } from "../../dev/wrangler/source-edit.ts";
import { eventually } from "../eventually.ts";
import { pauseAt } from "./debugger.ts";

const workers = ["dev-gateway", "runtime", "portal", "deliveries", "pocket-stripe"].map(
  (name) => `licenzy-${name}`,
);

describe("npm run dev", () => {
  let dev: DevProcess;
  let mainJob: string;

  beforeAll(async () => {
    dev = await startDevProcess();
    const readme = await readFile(join(rootDir, "README.md"), "utf8");
    mainJob = /```bash\n(ORIGIN=[\s\S]*?)```/.exec(readme)?.[1] ?? "";
  }, 240_000);
  afterAll(() => dev?.stop());

  it("serves the main job as the README has it", async () => {
    expect(mainJob).toContain("/v1/usage/consume");
    const { stdout } = await promisify(execFile)("bash", ["-c", mainJob], { cwd: dev.folder });
    const statuses = [...stdout.matchAll(/^HTTP\/1\.1 (\d+)/gm)].map(([, status]) => status);
    expect(statuses).toEqual(["200", "201", "200", "200", "200", "409"]);
    expect([...stdout.matchAll(/"allowed":(\w+)/g)].map(([, allowed]) => allowed)).toEqual(["false", "true"]);
    expect(stdout.match(/^Idempotency-Replayed: true/gim)).toHaveLength(1);
    expect(stdout.match(/"usage_remaining":900/g)).toHaveLength(2);
  });

  it.skipIf(findChromium() === undefined)(
    "shows the portal in a browser, without a script error",
    async () => {
      const browser = await launchChromium(findChromium() ?? "");
      try {
        const page = await browser.newPage({ baseURL: dev.origin });
        const errors: string[] = [];
        page.on("pageerror", (error) => errors.push(error.message));
        const [owner] = dev.file.operators;
        await page.goto("/sign-in");
        await page.getByLabel("Email").fill(owner?.email ?? "");
        await page.getByLabel("Password").fill(owner?.password ?? "");
        await page.getByRole("button", { name: "Sign in" }).click();
        await page.waitForURL(/\/p\//);
        await page.goto(`/p/${dev.file.project_id}/test/customers/user_paid`);
        await page.getByRole("heading", { name: "user_paid" }).waitFor();
        expect(errors).toEqual([]);
      } finally {
        await browser.close();
      }
    },
  );

  it("lists every worker for a debugger, and takes a breakpoint", async () => {
    const reply = await fetch(`http://127.0.0.1:${dev.inspectorPort}/json`);
    const targets = (await reply.json()) as { id: string; webSocketDebuggerUrl: string }[];
    const urls = targets.map(({ webSocketDebuggerUrl }) => webSocketDebuggerUrl);
    for (const worker of workers) expect(urls.some((url) => url.endsWith(`/core:user:${worker}`))).toBe(true);
    const runtime = urls.find((url) => url.endsWith("/core:user:licenzy-runtime")) ?? "";
    const paused = await pauseAt(runtime, "function healthz(", () => fetch(`${dev.origin}/healthz`));
    expect(paused).toBe("healthz");
  });

  it("serves each saved source, and keeps the state", async () => {
    const { origin, file } = dev;
    const api = new ApiClient(origin, file.test_key);
    const stripe = new PocketStripe(origin, "sk_test_demo0001");
    await buy(api, stripe, "user_kept", "CREDITS_1000");
    const readAccess = async () => (await api.get("/v1/customer/access/user_kept")).body;
    await eventually(async () => expect(await readAccess()).toMatchObject({ usage_remaining: 1000 }));
    for (const [name, edit] of Object.entries(sourceEdits)) {
      const [edited, undone] = await timeEdit(dev, edit, "an_edit");
      console.log(`${name}: served after ${edited} ms, undone after ${undone} ms`);
    }
    expect(await readAccess()).toMatchObject({ has_access: true, usage_remaining: 1000 });
  });

  it("leaves no process and no port behind when it ends", async () => {
    const ports = [Number(new URL(dev.origin).port), dev.inspectorPort];
    await dev.stop();
    for (const port of ports) expect(await reservePort(port)).toBe(port);
    const { stdout } = await promisify(execFile)("ps", ["-eo", "args"]);
    expect(stdout.split("\n").filter((line) => line.includes(dev.folder))).toEqual([]);
  });
});
