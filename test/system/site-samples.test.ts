import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { promisify } from "node:util";
import { Hono } from "hono";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { sessionIdOf } from "../../dev/seed/api-client.ts";
import type { Sample } from "../../docs-site/generator/samples.ts";
import { buildSignatureHeaders, generateSigningSecret } from "../../shared/webhooks/signing.ts";
import { eventually } from "../eventually.ts";
import {
  newSampleFolder,
  notExecuted,
  quickstartSamples,
  readSiteSamples,
  type SampleFolder,
} from "./site-samples.ts";
import { verifySamples } from "./verify-samples.ts";
import { buy, newWorld, type World } from "./world.ts";

/** Every sample of the documentation site runs against the stack and does what its page says. */

type Call<Result = Record<string, unknown>> = (...input: never[]) => Promise<Result>;

let world: World;
let samples: Sample[];
let folder: SampleFolder;
let customer: string;

beforeAll(async () => {
  world = await newWorld();
  samples = await readSiteSamples();
  folder = await newSampleFolder(samples);
  customer = `user_${randomBytes(6).toString("hex")}`;
  vi.stubEnv("LICENZY_API_KEY", world.apiKey);
  vi.stubEnv("LICENZY_BASE_URL", world.origin);
  await buy(world, customer);
  await buy(world, "user_8812");
  for (const one of [customer, "user_8812"])
    await eventually(async () => expect((await world.api.check(one)).body.allowed).toBe(true));
}, 120_000);

afterAll(async () => {
  vi.unstubAllEnvs();
  await folder.remove();
});

/** Runs the sample with bash, as a reader pastes it. */
async function bash(name: string, env: Record<string, string> = {}): Promise<string> {
  const code = samples.find(({ sample }) => sample === name)?.code ?? "exit 1";
  const { stdout } = await promisify(execFile)("bash", ["-euo", "pipefail", "-c", code], {
    env: {
      ...process.env,
      LICENZY_BASE_URL: world.origin,
      LICENZY_API_KEY: world.apiKey,
      CUSTOMER: customer,
      ...env,
    },
  });
  return stdout;
}

async function call<Result>(sample: string, name: string, ...input: unknown[]): Promise<Result> {
  const loaded = await folder.load(sample);
  return (loaded[name] as Call<Result>)(...(input as never[]));
}

const newJob = () => `job-${randomBytes(6).toString("hex")}`;

/** By the name of the sample: runs it and compares the result with what its page says. */
const runs: Record<string, () => Promise<void>> = {
  "first-check": async () => {
    expect(JSON.parse(await bash("first-check"))).toEqual({ subject_ref: "user_8812", allowed: true });
  },
  "list-products": async () => {
    const reply = JSON.parse(await bash("list-products")) as { products: { product_code: string }[] };
    expect(reply.products.map(({ product_code }) => product_code)).toContain("CREDITS_1000");
  },
  "pricing-page": async () => {
    const plans = await call<object[]>("pricing-page", "listPlans");
    expect(plans).toContainEqual({ code: "PRO_MONTHLY", name: "Pro", kind: "subscription" });
  },
  "buy-route": async () => {
    const buyer = `buyer_${newJob()}`;
    const [first, second] = [
      await call<{ redirectTo: string; attemptId: string }>("buy-route", "buy", buyer, "order-1"),
      await call<{ redirectTo: string; attemptId: string }>("buy-route", "buy", buyer, "order-1"),
    ];
    expect(second).toEqual(first);
    const state = () => call<{ state: string }>("success-route", "purchaseState", first.attemptId);
    expect(await state()).toMatchObject({ state: "created" });
    await world.stripe.pay(sessionIdOf(first.redirectTo));
    await expect.poll(state).toEqual({ state: "done" });
  },
  "success-route": async () => {
    const unknown = await call("success-route", "purchaseState", "att_00000000000000000000000000");
    expect(unknown).toEqual({ state: "unknown", retryAfterMs: 1_000 });
  },
  "read-check": async () => {
    expect(JSON.parse(await bash("read-check"))).toEqual({ subject_ref: customer, allowed: true });
  },
  "read-products": async () => {
    expect(JSON.parse(await bash("read-products"))).toMatchObject({
      allowed: false,
      products: [{ product_code: "PRO_MONTHLY" }, { product_code: "DAY_PASS" }],
    });
  },
  "gate-by-product": async () => {
    const { requirePro } = (await folder.load("gate-by-product")) as { requirePro: never };
    const app = new Hono().use("*", requirePro).get("/", (c) => c.text("pro"));
    const get = async (user: string) => (await app.request("/", { headers: { "x-user": user } })).status;
    // A pack of credits is no subscription.
    expect(await get(customer)).toBe(402);
    const subscriber = `pro_${newJob()}`;
    await buy(world, subscriber, "PRO_MONTHLY");
    await expect.poll(() => get(subscriber)).toBe(200);
  },
  recovery: async () => {
    // The customer has credits, and no subscription.
    const reply = JSON.parse(await bash("recovery", { JOB: newJob() })) as { url: string };
    expect(reply).toMatchObject({ allowed: false, reason: "no_entitlement", action: "buy" });
    expect(sessionIdOf(reply.url)).toMatch(/^cs_/);
  },
  "read-customer": async () => {
    expect(JSON.parse(await bash("read-customer"))).toMatchObject({
      subject_ref: customer,
      has_access: true,
    });
  },
  "account-page": async () => {
    const buyer = `buyer_${newJob()}`;
    await buy(world, buyer);
    await expect.poll(async () => (await world.api.check(buyer)).body.allowed).toBe(true);
    const page = await call("account-page", "accountPage", buyer);
    expect(page).toEqual({ status: "active", credits: 1_000, products: ["CREDITS_1000"] });
  },
  "denial-messages": async () => {
    const { explainDenial } = (await folder.load("denial-messages")) as {
      explainDenial(reason: string): string;
    };
    expect(explainDenial("usage_exhausted")).toContain("no credits left");
    expect(explainDenial("a_new_reason")).toContain("support@");
  },
  consume: async () => {
    const job = newJob();
    const first = await call<{ left: number }>("consume", "charge", customer, job, 7);
    expect(await call("consume", "charge", customer, job, 7)).toEqual(first);
    expect(await call("consume", "charge", customer, newJob(), 5_000)).toEqual({ buyMore: true });
  },
  "ai-job": async () => {
    const before = await unitsLeft();
    const model = async () => ({ text: "hello", tokens: 60 });
    expect(await call("ai-job", "answer", customer, newJob(), model)).toBe("hello");
    expect(await unitsLeft()).toBe(before - 60);
    expect(await call("ai-job", "answer", "user_without", newJob(), model)).toBe("Buy more credits.");
  },
  "reserve-settle": async () => {
    const lines = (await bash("reserve-settle", { JOB: newJob() })).trim().split("\n");
    expect(JSON.parse(lines[0] ?? "")).toMatchObject({ ok: true, reserved: 500 });
    expect(JSON.parse(lines[1] ?? "")).toMatchObject({ ok: true, consumed: 120, released: 380 });
  },
  lease: async () => {
    // 250 + 200 fit into the lease of 500, the third part does not.
    expect(await call("lease", "stream", "user_8812", [250, 200, 100])).toMatchObject({
      consumed: 450,
      released: 50,
    });
    expect(await call("lease", "stream", "user_without", [1])).toBeNull();
  },
  "webhook-receiver": async () => {
    const secret = generateSigningSecret();
    vi.stubEnv("LICENZY_WEBHOOK_SECRET", secret);
    const receipts = vi.spyOn(console, "log").mockImplementation(() => undefined);
    const data = {
      subject_ref: customer,
      project_id: "prj_1",
      mode: "test",
      sequence: 1,
      product_code: "PRO",
    };
    const body = JSON.stringify({ id: "evt_1", type: "purchase.finalized", timestamp: "", data });
    const headers = buildSignatureHeaders([secret], { id: "evt_1", at: Date.now(), body });
    const send = async (text: string) =>
      (
        await call<Response>(
          "webhook-receiver",
          "receive",
          new Request("https://app.test/", { method: "POST", body: text, headers }),
        )
      ).status;
    expect([await send(body), await send(body), await send("{}")]).toEqual([204, 204, 400]);
    expect(receipts).toHaveBeenCalledExactlyOnceWith(`receipt for ${customer}: PRO`);
    receipts.mockRestore();
  },
  "low-credits": async () => {
    const secret = generateSigningSecret();
    vi.stubEnv("LICENZY_WEBHOOK_SECRET", secret);
    const emails = vi.spyOn(console, "log").mockImplementation(() => undefined);
    const receive = async (type: string, sequence: number, more: object) => {
      const id = `evt_${type}`;
      const data = { subject_ref: customer, project_id: "prj_1", mode: "test", sequence, ...more };
      const body = JSON.stringify({ id, type, timestamp: "", data });
      const headers = buildSignatureHeaders([secret], { id, at: Date.now(), body });
      const request = new Request("https://app.test/", { method: "POST", body, headers });
      return (await call<Response>("low-credits", "receive", request)).status;
    };
    expect(await receive("usage.low", 1, { usage_remaining: 90 })).toBe(204);
    expect(await receive("usage.recovered", 2, { usage_remaining: 1_090 })).toBe(204);
    expect(await receive("entitlement.expiring", 3, { product_code: "DAY_PASS" })).toBe(204);
    expect(emails.mock.calls).toEqual([
      [`email to ${customer}: 90 credits left`],
      [`email to ${customer}: DAY_PASS ends soon`],
    ]);
    emails.mockRestore();
  },
  "receiver-answer": async () => {
    expect(await bash("receiver-answer")).toBeDefined();
  },
  shadow: async () => {
    expect(await call("shadow", "mayProceed", customer, async () => true)).toBe(true);
  },
  "an-error": async () => {
    const reply = JSON.parse(await bash("an-error")) as { error: string; docs_url: string };
    expect(reply.error).toBe("invalid_api_key");
    const page = await fetch(reply.docs_url);
    expect([page.status, await page.text()]).toEqual([200, expect.stringContaining('id="invalid_api_key"')]);
  },
  idempotency: async () => {
    const output = await bash("idempotency", { JOB: newJob() });
    expect(output.match(/"consumed":10/g)).toHaveLength(2);
    expect(output.match(/Idempotency-Replayed: true/gi)).toHaveLength(1);
  },
  "memory-test": async () => {
    expect(await call("memory-test", "testTopUp")).toEqual([false, true]);
  },
};

async function unitsLeft(): Promise<number> {
  const { body } = await world.api.get(`/v1/customer/access/${customer}`);
  return Number(body["usage_remaining"]);
}

describe("samples of the documentation site", () => {
  it("every block of code has a name, and exactly the named samples are executed or left out with a reason", () => {
    expect(samples.filter(({ sample }) => sample === undefined)).toEqual([]);
    const names = samples.map(({ sample }) => sample ?? "");
    expect(new Set(names).size).toBe(names.length);
    const known = [...Object.keys(runs), ...verifySamples, ...quickstartSamples, ...Object.keys(notExecuted)];
    expect(names.toSorted()).toEqual(known.toSorted());
  });

  it.each(Object.keys(runs))("%s", async (name) => runs[name]?.(), 60_000);

  it.skip.each(Object.entries(notExecuted))("%s is not executed: %s", () => undefined);
});
