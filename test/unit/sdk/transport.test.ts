import { afterEach, describe, expect, it, vi } from "vitest";
import { Licenzy, LicenzyError, orThrow } from "../../../sdk/src/index.ts";
import { TestLicenzy } from "../../../sdk/src/testing/index.ts";

const products = [{ code: "CREDITS", kind: "usage_pack", units: 100 }] as const;
const errorBody = (error: string) => ({
  error,
  message: "No.",
  request_id: "req_1",
  docs_url: "https://x.test/#a",
});
const refusal = (status: number, error: string, headers: Record<string, string> = {}) =>
  Response.json(errorBody(error), { status, headers: { "Request-Id": "req_1", ...headers } });

/** A client that gets its responses from `respond`, and the keys that it sent. */
function scripted(respond: (call: number, init: RequestInit) => Response | Promise<Response>, options = {}) {
  const keys: (string | null)[] = [];
  const fetch = async (_url: string, init: RequestInit) => {
    keys.push(new Headers(init.headers).get("Idempotency-Key"));
    return respond(keys.length, init);
  };
  const licenzy = new Licenzy({ apiKey: "lz_test_1", baseUrl: "https://api.test", fetch, ...options });
  return { licenzy, keys };
}

const consumed = () =>
  Response.json({ ok: true, consumed: 5, usage_remaining: 1 }, { headers: { "Request-Id": "req_2" } });

afterEach(() => vi.unstubAllGlobals());

describe("requests of the SDK", () => {
  it("a write that loses its response is repeated with the same key, and takes effect once", async () => {
    const memory = new TestLicenzy({ products });
    memory.grant("user_1", "CREDITS");
    let calls = 0;
    const fetch = async (url: string, init: RequestInit) => {
      calls++;
      if (calls === 1) throw new TypeError("connection refused");
      const response = await memory.fetch(url, init);
      if (calls === 2) throw new TypeError("connection reset");
      return response;
    };
    const licenzy = memory.client({ fetch });
    expect(await licenzy.usage.consume("user_1", 40)).toMatchObject({
      ok: true,
      usageRemaining: 60,
      replayed: true,
    });
    expect(calls).toBe(3);
  });

  it("503, 429 and a checkout in progress are repeated after Retry-After, with one key", async () => {
    for (const [status, error] of [
      [503, "temporarily_unavailable"],
      [429, "rate_limited"],
    ] as const) {
      const { licenzy, keys } = scripted((call) =>
        call < 3 ? refusal(status, error, { "Retry-After": "0" }) : consumed(),
      );
      expect(await licenzy.usage.consume("user_1", 5)).toMatchObject({ ok: true, consumed: 5 });
      expect(keys).toHaveLength(3);
      expect(new Set(keys).size).toBe(1);
    }
    const { licenzy, keys } = scripted(() => refusal(409, "idempotency_in_progress", { "Retry-After": "0" }));
    expect(await licenzy.checkout.create({ subjectRef: "user_1", productCode: "A" })).toMatchObject({
      error: "idempotency_in_progress",
      retryable: true,
    });
    expect(keys).toHaveLength(4);
  });

  it("a Retry-After beyond the deadline is not waited for", async () => {
    const { licenzy, keys } = scripted(() => refusal(429, "rate_limited", { "Retry-After": "60" }));
    expect(await licenzy.usage.consume("user_1", 5)).toMatchObject({
      error: "rate_limited",
      retryAfterMs: 60_000,
    });
    expect(keys).toHaveLength(1);
  });

  it.each([
    [400, "invalid_request"],
    [401, "invalid_api_key"],
    [409, "insufficient_usage"],
    [409, "idempotency_conflict"],
    [502, "stripe_error"],
  ])("%i %s is never repeated", async (status, error) => {
    const { licenzy, keys } = scripted(() => refusal(status, error));
    expect(await licenzy.usage.consume("user_1", 5)).toMatchObject({
      ok: false,
      error,
      retryable: false,
      status,
    });
    expect(keys).toHaveLength(1);
  });

  it("a server that never answers ends at the deadline, and each try leaves time for another", async () => {
    const hang = (_: number, { signal }: RequestInit) =>
      new Promise<Response>((_resolve, reject) =>
        signal?.addEventListener("abort", () => reject(new DOMException("aborted", "AbortError"))),
      );
    const { licenzy, keys } = scripted(hang, { retries: 1 });
    const startedAt = performance.now();
    const result = await licenzy.usage.consume("user_1", 5, { timeoutMs: 300 });
    expect(result).toMatchObject({ error: "unreachable", retryable: true, status: null });
    expect(performance.now() - startedAt).toBeLessThan(5_000);
    expect(keys.length).toBeGreaterThanOrEqual(1);
    const controller = new AbortController();
    controller.abort();
    expect(await licenzy.usage.consume("user_1", 5, { signal: controller.signal })).toMatchObject({
      error: "aborted",
    });
  });

  it("a page of a proxy is no answer of Licenzy, whatever its status", async () => {
    for (const status of [200, 404, 502]) {
      const headers = { "Request-Id": "req_1" };
      const { licenzy } = scripted(() => new Response("<html>", { status, headers }), { retries: 0 });
      expect(await licenzy.access.check("user_1")).toMatchObject({
        ok: false,
        error: "unreachable",
        message: `Not a response of Licenzy: HTTP ${status}.`,
        status,
      });
    }
    const { licenzy } = scripted(() => Response.json({ allowed: true }), { retries: 0 });
    expect(await licenzy.access.check("user_1")).toMatchObject({
      ok: false,
      error: "unreachable",
      status: 200,
    });
  });

  it("an event id that no header can have is sent as its hash, always the same", async () => {
    const { licenzy, keys } = scripted(consumed);
    for (const eventId of ["order-1", "Bestellung 1 ✓", "Bestellung 1 ✓", "x".repeat(300)])
      await licenzy.usage.consume("user_1", 5, { eventId });
    await licenzy.usage.consume("user_1", 5);
    await licenzy.usage.consume("user_1", 5);
    expect(keys[0]).toBe("order-1");
    expect(keys[1]).toBe(keys[2]);
    expect(new Set(keys).size).toBe(5);
    for (const key of keys) expect(key).toMatch(/^[\x21-\x7e]{1,255}$/);
  });

  it("an empty event id is refused: unrelated events would share its key", async () => {
    const { licenzy, keys } = scripted(consumed);
    const eventId = "";
    const refused = { ok: false, error: "invalid_argument" };
    expect(await licenzy.usage.consume("user_1", 5, { eventId })).toMatchObject(refused);
    expect(await licenzy.usage.withUsage("user_1", 5, async () => 5, { eventId })).toMatchObject(refused);
    expect(await licenzy.usage.lease("user_1", 5, { eventId })).toMatchObject(refused);
    const request = { subjectRef: "user_1", productCode: "A" };
    expect(await licenzy.checkout.create(request, { eventId })).toMatchObject(refused);
    expect(keys).toEqual([]);
  });

  it("what can't be sent is invalid_argument, and throws nothing", async () => {
    const { licenzy, keys } = scripted(consumed);
    const refused = { ok: false, error: "invalid_argument", status: null };
    for (const id of [".", "..", "user_\ud800"]) {
      expect(await licenzy.customers.access(id)).toMatchObject(refused);
      expect(await licenzy.checkout.status(id)).toMatchObject(refused);
    }
    for (const timeoutMs of [0, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 31])
      expect(await licenzy.access.check("user_1", { timeoutMs })).toMatchObject(refused);
    expect(keys).toEqual([]);
  });

  it("orThrow() returns a reply and throws a failure with its code", async () => {
    const { licenzy } = scripted((call) => (call === 1 ? consumed() : refusal(409, "insufficient_usage")));
    expect(orThrow(await licenzy.usage.consume("user_1", 5)).consumed).toBe(5);
    const failed = await licenzy.usage.consume("user_1", 5);
    expect(() => orThrow(failed)).toThrow(LicenzyError);
  });
});

describe("options of the SDK", () => {
  const options = { apiKey: "lz_test_1", baseUrl: "https://api.test" };

  it("a key in a page or in a worker of a page is refused", () => {
    expect(() => new Licenzy(options)).not.toThrow();
    vi.stubGlobal("window", {});
    vi.stubGlobal("document", {});
    expect(() => new Licenzy(options)).toThrow(/browser/);
    vi.unstubAllGlobals();
    vi.stubGlobal("importScripts", () => {});
    expect(() => new Licenzy(options)).toThrow(/browser/);
  });

  it("options that can't work are refused, and no message has the key", () => {
    for (const change of [
      { apiKey: "sk_live_secret" },
      { baseUrl: "api.test" },
      { timeoutMs: 0 },
      { timeoutMs: Number.POSITIVE_INFINITY },
      { retries: -1 },
    ])
      expect(() => new Licenzy({ ...options, ...change })).toThrow(/must/);
    expect(() => new Licenzy({ ...options, apiKey: "sk_live_secret" })).toThrow(/^((?!secret).)*$/);
  });
});
