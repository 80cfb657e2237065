import { runInDurableObject } from "cloudflare:test";
import { exports } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { generateApiKey, parseApiKey } from "../../shared/kit/api-key.ts";
import { newId } from "../../shared/kit/ids.ts";
import { app } from "../../workers/runtime/app.ts";
import { keyringName } from "../../workers/runtime/keys/keyring.ts";
import { runtimeRoutes } from "../system/runtime-routes.ts";
import { activePlan, env } from "./subjects.ts";

const runtime = exports.default;

/** Creates a key in its keyring, without a project in D1, which a check does not need. */
async function knownKey(rateLimit?: number): Promise<{ apiKey: string; keyring: DurableObjectStub }> {
  const projectId = newId("prj");
  const apiKey = generateApiKey("test", "weur", projectId);
  const keyring = env.KEYRING.get(env.KEYRING.idFromName(keyringName(projectId, "test")));
  const keyHash = parseApiKey(apiKey)?.hash ?? "";
  await keyring.put(
    [{ keyId: newId("key"), keyHash, expiresAt: null, revokedAt: null, version: 1 }],
    activePlan,
  );
  if (rateLimit !== undefined)
    await runInDurableObject(keyring, (_, { storage }) => {
      storage.sql.exec("UPDATE settings SET rate_limit = ?", rateLimit);
    });
  return { apiKey, keyring };
}

const send = (apiKey: string, path: string, body: unknown, headers: Record<string, string> = {}) =>
  runtime.fetch(`http://runtime${path}`, {
    method: "POST",
    headers: { Authorization: `Bearer ${apiKey}`, "Content-Type": "application/json", ...headers },
    body: JSON.stringify(body),
  });

const check = (apiKey: string) => send(apiKey, "/v1/access/check", { subject_ref: "user_1" });

describe("the table of routes", () => {
  it("registers exactly the routes that test/system/separation.test.ts checks", () => {
    const registered = app.routes.filter(({ method }) => method !== "ALL");
    const names = new Set(registered.map(({ method, path }) => `${method} ${path}`));
    expect([...names].toSorted()).toEqual(Object.keys(runtimeRoutes).toSorted());
  });
});

describe("query parameters", () => {
  it("every endpoint with an API key refuses one that its documentation does not name", async () => {
    const { apiKey } = await knownKey();
    const endpoints = Object.entries(runtimeRoutes).filter(([, credential]) => credential === "api_key");
    for (const [name] of endpoints) {
      const [method = "", path = ""] = name
        .replace(":subject_ref", "user_1")
        .replace(":attempt_id", newId("att"))
        .split(" ");
      const headers = { Authorization: `Bearer ${apiKey}` };
      const reply = await runtime.fetch(`http://runtime${path}?verbose=1`, { method, headers });
      expect({ name, status: reply.status, body: await reply.json() }).toMatchObject({
        name,
        status: 400,
        body: { error: "invalid_request", details: [{ path: "verbose" }] },
      });
    }
  });
});

describe("429 responses", () => {
  it("the API returns rate_limited with Retry-After when a key exceeds its limit", async () => {
    const { apiKey } = await knownKey(3);
    for (let index = 0; index < 3; index++) expect((await check(apiKey)).status).toBe(200);
    const refused = await check(apiKey);
    expect(refused.status).toBe(429);
    expect(((await refused.json()) as { error: string }).error).toBe("rate_limited");
    const seconds = Number(refused.headers.get("Retry-After"));
    expect(seconds).toBeGreaterThanOrEqual(1);
    expect(seconds).toBeLessThanOrEqual(10);
    expect(refused.headers.get("RateLimit")).toBe(`"default";r=0;t=${seconds}`);
    expect(refused.headers.get("RateLimit-Policy")).toBe('"default";q=3;w=10');
  });
});

describe("503 responses", () => {
  it("a checkout returns temporarily_unavailable when D1 is down, while check and consume work", async () => {
    const { apiKey } = await knownKey();
    expect((await check(apiKey)).status).toBe(200);
    await env.DB.exec("ALTER TABLE checkout_attempts RENAME TO checkout_attempts_away");
    try {
      const checkout = { subject_ref: "user_1", product_code: "CREDITS" };
      const refused = await send(apiKey, "/v1/checkout/session", checkout, { "Idempotency-Key": "k" });
      expect(refused.status).toBe(503);
      expect(refused.headers.get("Retry-After")).toBe("1");
      expect(await refused.json()).toMatchObject({ error: "temporarily_unavailable" });
      expect((await check(apiKey)).status).toBe(200);
      const consume = { subject_ref: "user_1", units: 1 };
      expect((await send(apiKey, "/v1/usage/consume", consume, { "Idempotency-Key": "k" })).status).toBe(409);
    } finally {
      await env.DB.exec("ALTER TABLE checkout_attempts_away RENAME TO checkout_attempts");
    }
  });
});

describe("a value that is thrown and is no Error", () => {
  it("gets 503 in the one form of errors, like any other failure", async () => {
    const { apiKey } = await knownKey();
    const SUBJECT = {
      idFromName: () => {
        throw "not an Error";
      },
    };
    const request = new Request("http://runtime/v1/access/check", {
      method: "POST",
      headers: { Authorization: `Bearer ${apiKey}`, "Content-Type": "application/json" },
      body: '{"subject_ref":"user_1"}',
    });
    const reply = await app.fetch(request, { ...env, SUBJECT: SUBJECT as unknown as typeof env.SUBJECT });
    expect(reply.status).toBe(503);
    expect(reply.headers.get("Retry-After")).toBe("1");
    expect(await reply.json()).toEqual({
      error: "temporarily_unavailable",
      message: "Temporarily unavailable. Retry the request.",
      request_id: reply.headers.get("Request-Id"),
      docs_url: "http://runtime/docs/errors#temporarily_unavailable",
    });
  });
});

describe("API key authentication", () => {
  /** Returns bindings that throw on first use, except those in `allowed`. No metrics dataset is bound. */
  const untouchable = (allowed: Partial<typeof env>) =>
    new Proxy({ METRICS: undefined, ...allowed } as unknown as typeof env, {
      get(target, name) {
        if (name in target) return Reflect.get(target, name);
        throw new Error(`${String(name)} was touched`);
      },
    });
  const request = (apiKey: string) =>
    new Request("http://runtime/v1/access/check", {
      method: "POST",
      headers: { Authorization: `Bearer ${apiKey}`, "Content-Type": "application/json" },
      body: '{"subject_ref":"user_1"}',
    });

  it("the API rejects a malformed or mistyped key without any I/O", async () => {
    const { apiKey } = await knownKey();
    const mistyped = apiKey.slice(0, -1) + (apiKey.endsWith("0") ? "1" : "0");
    for (const junk of ["junk", "lz_test_", "lz_live_0000", mistyped])
      expect((await app.fetch(request(junk), untouchable({}))).status).toBe(401);
  });

  it("the API looks up an unknown key only in its keyring and stores nothing there", async () => {
    const stranger = generateApiKey("test", "weur", newId("prj"));
    const { KEYRING, DEV } = env;
    expect((await app.fetch(request(stranger), untouchable({ KEYRING, DEV }))).status).toBe(401);
    const name = keyringName(parseApiKey(stranger)?.projectId ?? "", "test");
    const tables = await runInDurableObject(KEYRING.get(KEYRING.idFromName(name)), (_, { storage }) =>
      storage.sql.exec("SELECT name FROM sqlite_master").toArray(),
    );
    expect(tables).toEqual([]);
  });

  it("the API needs no D1 when a check has a known key", async () => {
    const { apiKey } = await knownKey();
    const { KEYRING, SUBJECT, DEV, RATE_LIMIT_10000 } = env;
    const bindings = untouchable({ KEYRING, SUBJECT, DEV, RATE_LIMIT_10000 });
    expect((await app.fetch(request(apiKey), bindings)).status).toBe(200);
  });

  it("a keyring stores only the hashes of keys", async () => {
    const { apiKey, keyring } = await knownKey();
    const rows = await runInDurableObject(keyring, (_, { storage }) =>
      storage.sql.exec("SELECT * FROM keys").toArray(),
    );
    expect(JSON.stringify(rows)).not.toContain(apiKey);
    expect(JSON.stringify(rows)).toContain(parseApiKey(apiKey)?.hash);
  });
});

describe("API reference", () => {
  it("the API serves an OpenAPI 3.1 document of exactly the public endpoints", async () => {
    const document = (await (await runtime.fetch("http://runtime/v1/openapi.json")).json()) as {
      openapi: string;
      paths: Record<string, object>;
    };
    expect(document.openapi).toBe("3.1.0");
    expect(Object.keys(document.paths).toSorted()).toEqual([
      "/v1/access/check",
      "/v1/access/products",
      "/v1/access/recovery",
      "/v1/access/shadow",
      "/v1/checkout/session",
      "/v1/checkout/session/{attempt_id}",
      "/v1/customer/access/{subject_ref}",
      "/v1/customer/portal-session",
      "/v1/entitlements/{subject_ref}",
      "/v1/events",
      "/v1/key",
      "/v1/products",
      "/v1/usage/consume",
      "/v1/usage/release",
      "/v1/usage/reserve",
      "/v1/usage/reverse",
      "/v1/usage/settle",
    ]);
  });

  it("the API serves a reference page with endpoints and error codes and without scripts", async () => {
    const response = await runtime.fetch("http://runtime/v1/docs");
    const html = await response.text();
    for (const word of [
      "/v1/usage/consume",
      "insufficient_usage",
      "plan_mode_not_allowed",
      "Idempotency-Key",
    ])
      expect(html).toContain(word);
    expect(html).not.toContain("<script");
    expect(response.headers.get("Content-Security-Policy")).toContain("default-src 'none'");
  });
});
