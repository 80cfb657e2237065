import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Hono } from "hono";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { experimental_readRawConfig } from "wrangler";
import { rootDir } from "../../../dev/stack/paths.ts";
import { rateLimitPeriodSeconds, rateLimits } from "../../../shared/contract/rate-limits.ts";
import { ApiError } from "../../../workers/runtime/http/api-error.ts";
import { rateLimit } from "../../../workers/runtime/middleware/rate-limit.ts";
import type { Caller, RuntimeHono } from "../../../workers/runtime/request-context.ts";

const app = new Hono<RuntimeHono>();
app.use(async (c, next) => {
  const limit = Number(c.req.header("Limit") ?? 3);
  c.set("caller", { keyId: c.req.header("Key") ?? "", rateLimit: limit } as Caller);
  await next();
});
app.use(rateLimit);
app.get("/", (c) => c.text("ok"));
app.onError((error, c) => {
  if (!(error instanceof ApiError) || error.code !== "rate_limited") return c.text("", 500);
  return c.text("", 429, error.extra.headers);
});

const send = (keyId: string, env: object = {}, limit = 3) =>
  app.request("/", { headers: { Key: keyId, Limit: String(limit) } }, env);
const call = async (keyId: string) => (await send(keyId)).status;

beforeEach(() => vi.useFakeTimers({ toFake: ["Date"], now: 1_000_000 }));
afterEach(() => vi.useRealTimers());

it("a key that is over its limit stays limited when 12,000 other keys are used", async () => {
  for (let index = 0; index < 3; index++) expect(await call("busy")).toBe(200);
  expect(await call("busy")).toBe(429);
  for (let index = 0; index < 12_000; index++) await call(`other_${index}`);
  expect(await call("busy")).toBe(429);
  vi.setSystemTime(1_000_000 + 10_000);
  expect(await call("busy")).toBe(200);
});

it("a key gets a new window after each 10 s", async () => {
  for (let round = 0; round < 3; round++) {
    for (let index = 0; index < 3; index++) expect(await call("steady")).toBe(200);
    expect(await call("steady")).toBe(429);
    vi.setSystemTime(Date.now() + 10_000);
  }
});

it("a refusal says when the window ends, in the headers of the RateLimit draft", async () => {
  for (let index = 0; index < 3; index++) await call("headers");
  vi.setSystemTime(Date.now() + 7_500);
  const { status, headers } = await send("headers");
  expect(status).toBe(429);
  expect(headers.get("Retry-After")).toBe("3");
  expect(headers.get("RateLimit")).toBe('"default";r=0;t=3');
  expect(headers.get("RateLimit-Policy")).toBe('"default";q=3;w=10');
});

describe("the platform's counter of a location", () => {
  it("is that of the key's limit, and refuses what other isolates have used up", async () => {
    const counted: string[] = [];
    const counter = (name: string, success: boolean) => ({
      limit: async ({ key }: { key: string }) => {
        counted.push(`${name} ${key}`);
        return { success };
      },
    });
    const env = { RATE_LIMIT_100: counter("100", true), RATE_LIMIT_500: counter("500", false) };
    expect((await send("one", env, 100)).status).toBe(200);
    const refused = await send("two", env, 500);
    expect(refused.status).toBe(429);
    expect(refused.headers.get("Retry-After")).toBe("10");
    expect(refused.headers.get("RateLimit-Policy")).toBe('"default";q=500;w=10');
    expect(counted).toEqual(["100 one", "500 two"]);
  });

  it("lets a request pass when it fails", async () => {
    const quiet = vi.spyOn(console, "error").mockImplementation(() => undefined);
    const env = { RATE_LIMIT_100: { limit: () => Promise.reject(new Error("down")) } };
    expect((await send("one", env, 100)).status).toBe(200);
    quiet.mockRestore();
  });

  it("exists for each limit that a project can have, with that limit and our period", () => {
    const { rawConfig } = experimental_readRawConfig({ config: join(rootDir, "wrangler.toml") });
    const simple = (rawConfig.ratelimits ?? []).map((each: { name: string; simple: object }) => [
      each.name,
      each.simple,
    ]);
    expect(simple).toEqual(
      rateLimits.map((limit) => [`RATE_LIMIT_${limit}`, { limit, period: rateLimitPeriodSeconds }]),
    );
    const source = readFileSync(join(rootDir, "workers/runtime/middleware/rate-limit.ts"), "utf8");
    for (const limit of rateLimits) expect(source).toContain(`return env.RATE_LIMIT_${limit};`);
  });
});
