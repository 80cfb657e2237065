import { randomBytes } from "node:crypto";
import { beforeAll, describe, expect, it } from "vitest";
import { ApiClient, type ApiReply } from "../../dev/seed/api-client.ts";
import { provision } from "../../dev/seed/provision.ts";
import { generateApiKey } from "../../shared/kit/api-key.ts";
import { newId } from "../../shared/kit/ids.ts";
import { buy, newKey, newWorld, type World } from "./world.ts";

/** Covers every error code over HTTP, except those of `429` and `503`, which test/workerd covers. */
let world: World;
beforeAll(async () => {
  world = await newWorld();
});

function expectError(reply: ApiReply, status: number, code: string): void {
  expect({ status: reply.status, error: reply.body["error"] }).toEqual({ status, error: code });
  expect(reply.body["message"]).toMatch(/^[A-Z`'0-9].+/);
  expect(reply.body["docs_url"]).toBe(`${world.origin}/docs/errors#${code}`);
  expect(reply.body["request_id"]).toBe(reply.headers.get("Request-Id"));
  expect(reply.headers.get("Content-Type")).toContain("application/json");
}

const key = () => ({ "Idempotency-Key": randomBytes(6).toString("hex") });

describe("401 responses", () => {
  const check = { subject_ref: "user_1" };

  it("the API returns missing_bearer_token when a request has no bearer token", async () => {
    for (const headers of [
      {},
      { Authorization: "" },
      { Authorization: "Basic bHo6" },
      { Cookie: "session=1" },
    ]) {
      const response = await fetch(`${world.origin}/v1/access/check`, {
        method: "POST",
        headers: { "Content-Type": "application/json", ...headers },
        body: JSON.stringify(check),
      });
      const body = (await response.json()) as Record<string, unknown>;
      expectError({ status: response.status, headers: response.headers, body }, 401, "missing_bearer_token");
      expect(response.headers.get("WWW-Authenticate")).toBe("Bearer");
    }
  });

  it("the API returns one invalid_api_key message for every kind of invalid key", async () => {
    const { origin, projectId } = world;
    const expired = await newKey(origin, projectId, "test", Date.now() - 1);
    const revoked = await newKey(origin, projectId, "test");
    await provision(origin, "revokeApiKey", revoked.keyId);
    const last = world.apiKey.at(-1) === "0" ? "1" : "0";
    const keys = {
      junk: "junk",
      empty: "lz_test_",
      mistyped: world.apiKey.slice(0, -1) + last,
      "of the other mode by its prefix": world.apiKey.replace("lz_test_", "lz_live_"),
      "well-formed and unknown": generateApiKey("test", "weur", projectId),
      "of a project that does not exist": generateApiKey("test", "weur", newId("prj")),
      expired: expired.apiKey,
      revoked: revoked.apiKey,
    };
    const wordings = new Set<unknown>();
    for (const [name, apiKey] of Object.entries(keys)) {
      const reply = await new ApiClient(origin, apiKey).post("/v1/access/check", check);
      expect({ name, status: reply.status }).toEqual({ name, status: 401 });
      expectError(reply, 401, "invalid_api_key");
      wordings.add(reply.body["message"]);
    }
    expect(wordings.size).toBe(1);
  });

  it("the API ignores a cookie when a request has a valid key", async () => {
    const reply = await world.api.post("/v1/access/check", check, { Cookie: "session=somebody" });
    expect(reply.status).toBe(200);
  });
});

describe("400 responses", () => {
  it("the API returns invalid_json when a body is not JSON or not UTF-8", async () => {
    for (const body of ["", "{", "{'subject_ref':1}", "nul", '{"subject_ref":"a"}{}'])
      expectError(await world.api.post("/v1/access/check", body), 400, "invalid_json");
    const response = await fetch(`${world.origin}/v1/access/check`, {
      method: "POST",
      headers: { "Content-Type": "application/json", Authorization: `Bearer ${world.apiKey}` },
      body: new Uint8Array([...new TextEncoder().encode('{"subject_ref":"'), 0xff, 0x22, 0x7d]),
    });
    expect(((await response.json()) as { error: string }).error).toBe("invalid_json");
  });

  it("the API returns invalid_request with the field when a body has an unknown field", async () => {
    for (const field of ["mode", "meter", "__proto__", "constructor"]) {
      const body = `{"subject_ref":"user_1","units":1,"${field}":"x"}`;
      const reply = await world.api.post("/v1/usage/consume", body, key());
      expectError(reply, 400, "invalid_request");
      expect(reply.body["details"]).toEqual([{ path: field, message: "is not a field of this request" }]);
    }
  });

  it.each([0, -1, 1.5, 1e12, "5", null, true, [1], Number.MAX_SAFE_INTEGER + 1])(
    "the API returns invalid_request when units is %j",
    async (units) => {
      const reply = await world.api.post("/v1/usage/consume", { subject_ref: "user_1", units }, key());
      expectError(reply, 400, "invalid_request");
      const rule = "must be a whole number from 1 to 1,000,000,000";
      expect(reply.body["details"]).toEqual([{ path: "units", message: rule }]);
    },
  );

  it("the API returns invalid_request when a body or path has a malformed subject_ref", async () => {
    const bad = ["", " a", "a ", ".", "..", "a\u0000b", "a\nb", "a\u0085b", "x".repeat(256), "é".repeat(128)];
    for (const subject_ref of bad)
      expectError(await world.api.post("/v1/access/check", { subject_ref }), 400, "invalid_request");
    expectError(
      await world.api.post("/v1/access/check", '{"subject_ref":"\\ud800"}'),
      400,
      "invalid_request",
    );
    for (const path of ["%20a", "a%00b", "x".repeat(256), "%ff", "%zz", "%ed%a0%80"]) {
      expectError(await world.api.get(`/v1/entitlements/${path}`), 400, "invalid_request");
      expectError(await world.api.get(`/v1/customer/access/${path}`), 400, "invalid_request");
    }
  });

  it("the API accepts a subject_ref with slashes, emoji or 255 bytes unchanged", async () => {
    for (const subjectRef of [
      "a/b",
      "100%",
      "a%2Fb",
      "👩‍🚀",
      "x".repeat(255),
      "__proto__",
      "constructor",
      "a b",
      "a?b#c",
    ]) {
      const checked = await world.api.check(subjectRef);
      expect(checked.body).toEqual({ subject_ref: subjectRef, allowed: false, reason: "no_entitlement" });
      const read = await world.api.get(`/v1/customer/access/${encodeURIComponent(subjectRef)}`);
      expect(read.body).toMatchObject({ subject_ref: subjectRef, status: "none", has_access: false });
    }
  });

  it("the API keeps subjects separate when their names are similar", async () => {
    await buy(world, "look/alike");
    expect((await world.api.check("look/alike")).body.allowed).toBe(true);
    for (const other of ["look%2Falike", "look/Alike", "alike", "look"])
      expect((await world.api.check(other)).body.allowed).toBe(false);
    const read = await world.api.get("/v1/entitlements/look%2Falike");
    expect(read.body["entitlements"]).toHaveLength(1);
  });

  it("the API returns invalid_request when pagination parameters are invalid", async () => {
    for (const query of ["limit=0", "limit=101", "limit=x", "limit=1&limit=2", "page=2", "starting_after=x"])
      expectError(await world.api.get(`/v1/entitlements/user_1?${query}`), 400, "invalid_request");
    for (const query of ["limit=0", "limit=101", "page=2", "starting_after=x"])
      expectError(await world.api.get(`/v1/products?${query}`), 400, "invalid_request");
    const unknown = `starting_after=${newId("ent")}`;
    expectError(await world.api.get(`/v1/entitlements/user_1?${unknown}`), 400, "invalid_request");
  });

  it("the API returns an idempotency key error when a write's key is absent or invalid", async () => {
    const writes: [string, object][] = [
      ["/v1/usage/consume", { subject_ref: "user_1", units: 1 }],
      ["/v1/checkout/session", { subject_ref: "user_1", product_code: "CREDITS_1000" }],
    ];
    for (const [path, body] of writes) {
      expectError(await world.api.post(path, body), 400, "missing_idempotency_key");
      for (const bad of ["a b", "x".repeat(256), "schl\u00fcssel"])
        expectError(
          await world.api.post(path, body, { "Idempotency-Key": bad }),
          400,
          "invalid_idempotency_key",
        );
    }
  });

  it("a checkout returns invalid_request when a URL, email or metadata is missing or invalid", async () => {
    const bare = await newWorld({ successUrl: null });
    const base = { subject_ref: "user_1", product_code: "CREDITS_1000" };
    expectError(await bare.api.post("/v1/checkout/session", base, key()), 400, "invalid_request");
    const tooMany = Object.fromEntries(Array.from({ length: 21 }, (_, index) => [`k${index}`, "v"]));
    for (const extra of [
      { success_url: "nowhere" },
      { success_url: "javascript:alert(1)" },
      { cancel_url: "ftp://example.com" },
      { customer_email: "nobody" },
      { metadata: { k: "x".repeat(501) } },
      { metadata: { k: 1 } },
      { metadata: tooMany },
      { product_code: "lower" },
    ])
      expectError(
        await world.api.post("/v1/checkout/session", { ...base, ...extra }, key()),
        400,
        "invalid_request",
      );
  });
});

describe("403 responses", () => {
  it("the API returns plan_mode_not_allowed for live writes when the account has no plan", async () => {
    const live = await newWorld({ mode: "live", plan: "none" });
    const consume = { subject_ref: "user_1", units: 1 };
    const checkout = { subject_ref: "user_1", product_code: "CREDITS_1000" };
    expectError(await live.api.post("/v1/usage/consume", consume, key()), 403, "plan_mode_not_allowed");
    expectError(await live.api.post("/v1/checkout/session", checkout, key()), 403, "plan_mode_not_allowed");
    expect((await live.api.check("user_1")).status).toBe(200);
    expect((await live.api.get("/v1/entitlements/user_1")).status).toBe(200);

    const testKey = await newKey(live.origin, live.projectId, "test");
    const test = new ApiClient(live.origin, testKey.apiKey);
    expectError(await test.post("/v1/usage/consume", consume, key()), 409, "insufficient_usage");
  });
});

describe("404 responses", () => {
  it("the API returns not_found for unknown paths and empty names", async () => {
    for (const path of ["/v1/", "/v1/nothing", "/v1/entitlements/", "/v1/entitlements/a/b"])
      expectError(await world.api.get(path), 404, "not_found");
  });

  it("a checkout returns product_not_found when a product is unknown or in another mode", async () => {
    const live = await newKey(world.origin, world.projectId, "live");
    const liveApi = new ApiClient(world.origin, live.apiKey);
    expectError(await world.api.checkout("user_1", "NOTHING", "k"), 404, "product_not_found");
    await provision(world.origin, "connectStripe", world.projectId, "live", {
      apiKey: `sk_live_${randomBytes(8).toString("hex")}`,
      origin: world.origin,
    });
    expectError(await liveApi.checkout("user_1", "CREDITS_1000", "k"), 404, "product_not_found");
  });
});

describe("405", () => {
  it("method_not_allowed with Allow for a known path with another method, with and without a key", async () => {
    const stranger = new ApiClient(world.origin, "");
    for (const api of [world.api, stranger]) {
      for (const path of ["/v1/access/check", "/v1/usage/consume", "/v1/webhooks/stripe/tenant/con_x"]) {
        const reply = await api.get(path);
        expectError(reply, 405, "method_not_allowed");
        expect(reply.headers.get("Allow")).toBe("POST");
      }
      for (const path of ["/v1/entitlements/a%2Fb", "/v1/customer/access/a", "/v1/docs", "/healthz"]) {
        const reply = await api.post(path, {});
        expectError(reply, 405, "method_not_allowed");
        expect(reply.headers.get("Allow")).toBe("GET, HEAD");
      }
    }
  });
});

describe("409 responses", () => {
  it("a checkout returns stripe_not_connected when its mode has no Stripe connection", async () => {
    const { projectId } = await provision<{ projectId: string }>(world.origin, "createProject", {
      accountName: "A",
      name: "bare",
      region: "weur",
      planStatus: "active",
      successUrl: "https://example.com",
      cancelUrl: null,
    });
    const { apiKey } = await newKey(world.origin, projectId, "test");
    const reply = await new ApiClient(world.origin, apiKey).checkout("user_1", "CREDITS_1000", "k");
    expectError(reply, 409, "stripe_not_connected");
  });

  it("a consume returns idempotency_conflict only when its body differs in content", async () => {
    await buy(world, "user_conflict");
    expect((await world.api.consume("user_conflict", 1, "same")).status).toBe(200);
    expectError(await world.api.consume("user_conflict", 2, "same"), 409, "idempotency_conflict");
    const reordered = '{ "units" : 1, "subject_ref" : "user_conflict" }';
    const replay = await world.api.post("/v1/usage/consume", reordered, { "Idempotency-Key": "same" });
    expect(replay.headers.get("Idempotency-Replayed")).toBe("true");
  });

  it("the API scopes an idempotency key to one subject and endpoint", async () => {
    await buy(world, "user_scope_a");
    await buy(world, "user_scope_b");
    expect(
      (await world.api.consume("user_scope_a", 1, "shared")).headers.get("Idempotency-Replayed"),
    ).toBeNull();
    expect(
      (await world.api.consume("user_scope_b", 2, "shared")).headers.get("Idempotency-Replayed"),
    ).toBeNull();
    expect((await world.api.checkout("user_scope_a", "CREDITS_1000", "shared")).status).toBe(201);
  });
});

describe("413 and 415 responses", () => {
  it("the API returns payload_too_large above 16 KB, even when no length is declared", async () => {
    const large = JSON.stringify({ subject_ref: "user_1", padding: "x".repeat(17_000) });
    expectError(await world.api.post("/v1/access/check", large), 413, "payload_too_large");
    const stream = new ReadableStream({
      start(controller) {
        for (let index = 0; index < 20; index++)
          controller.enqueue(new TextEncoder().encode("x".repeat(1_000)));
        controller.close();
      },
    });
    const response = await fetch(`${world.origin}/v1/access/check`, {
      method: "POST",
      headers: { "Content-Type": "application/json", Authorization: `Bearer ${world.apiKey}` },
      body: stream,
      duplex: "half",
    } as RequestInit);
    expect(response.status).toBe(413);
  });

  it("the API returns unsupported_media_type when a body is not application/json", async () => {
    for (const type of ["text/plain", "application/x-www-form-urlencoded", "application/jsonx", ""]) {
      const reply = await world.api.post(
        "/v1/access/check",
        { subject_ref: "user_1" },
        { "Content-Type": type },
      );
      expectError(reply, 415, "unsupported_media_type");
    }
    const withCharset = { "Content-Type": "Application/JSON; charset=utf-8" };
    expect((await world.api.post("/v1/access/check", { subject_ref: "a" }, withCharset)).status).toBe(200);
  });
});

describe("portal routes", () => {
  it("the portal returns 401 when a request carries an API key", async () => {
    for (const path of ["/", "/sign-in", "/portal.css", "/setup", "/p/x/test/customers/a"]) {
      const response = await fetch(world.origin + path, {
        headers: { Authorization: `Bearer ${world.apiKey}` },
      });
      expect({ path, status: response.status }).toEqual({ path, status: 401 });
    }
  });
});
