import { Hono } from "hono";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { ApiError } from "../../../workers/runtime/http/api-error.ts";
import { rateLimit } from "../../../workers/runtime/middleware/rate-limit.ts";
import type { Caller, RuntimeHono } from "../../../workers/runtime/request-context.ts";

const app = new Hono<RuntimeHono>();
app.use(async (c, next) => {
  c.set("caller", { keyId: c.req.header("Key") ?? "", rateLimit: 3 } as Caller);
  await next();
});
app.use(rateLimit);
app.get("/", (c) => c.text("ok"));
app.onError((error, c) => c.text("", error instanceof ApiError && error.code === "rate_limited" ? 429 : 500));

const call = async (keyId: string) => (await app.request("/", { headers: { Key: keyId } })).status;

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
