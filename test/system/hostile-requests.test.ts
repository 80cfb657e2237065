import { request } from "node:http";
import { beforeAll, describe, expect, it } from "vitest";
import { provision } from "../../dev/seed/provision.ts";
import { runtimeRoutes } from "./runtime-routes.ts";
import { buy, newWorld, type World } from "./world.ts";

let world: World;
beforeAll(async () => {
  world = await newWorld();
});

interface RawReply {
  status: number;
  requestId: string | undefined;
  text: string;
}

/** Sends `path` unchanged. `fetch` would resolve dots and convert backslashes before sending. */
function sendRaw(method: string, path: string): Promise<RawReply> {
  const { hostname, port } = new URL(world.origin);
  const headers = { Authorization: `Bearer ${world.apiKey}` };
  return new Promise((resolve, reject) => {
    const sent = request({ hostname, port, method, path, headers }, (reply) => {
      let text = "";
      reply.setEncoding("utf8");
      reply.on("data", (chunk: string) => {
        text += chunk;
      });
      reply.on("end", () => {
        const requestId = reply.headers["request-id"];
        resolve({ status: reply.statusCode ?? 0, requestId: requestId?.toString(), text });
      });
      reply.on("error", reject);
    });
    sent.on("error", reject);
    sent.end();
  });
}

describe("Request-Id header", () => {
  it.each([
    ["HEAD", "/v1/entitlements/a", 200],
    ["HEAD", "/v1/docs", 200],
    ["GET", "/v1/openapi.json", 200],
    ["GET", "/healthz", 200],
    ["GET", "/readyz", 200],
    ["HEAD", "/v1/access/check", 405],
    ["OPTIONS", "/v1/access/check", 405],
    ["PROPFIND", "/v1/usage/consume", 405],
    ["DELETE", "/v1/entitlements/a", 405],
    ["GET", "/v1/webhooks/stripe/tenant/con_x", 405],
    ["OPTIONS", "/v1/nothing", 404],
    ["GET", "/v1/entitlements/%ff", 400],
  ])("the API returns a Request-Id when it answers %s %s", async (method, path, status) => {
    const reply = await sendRaw(method, path);
    expect(reply.status).toBe(status);
    expect(reply.requestId).toMatch(/^req_[0-9a-z]{26}$/);
  });
});

describe("subject_ref in a path", () => {
  it("the API keeps a raw backslash in a path as part of the subject_ref", async () => {
    const reply = await sendRaw("GET", "/v1/customer/access/a\\b");
    expect(JSON.parse(reply.text)).toMatchObject({ subject_ref: "a\\b" });
  });

  it("the API rejects an encoded '..' in a path and names subject_ref once", async () => {
    const reply = await sendRaw("GET", "/v1/entitlements/%2e%2e");
    expect(reply.status).toBe(400);
    expect(JSON.parse(reply.text)).toMatchObject({
      error: "invalid_request",
      message: "Invalid request: `subject_ref` must not be '.' or '..'.",
      details: [{ path: "subject_ref", message: "must not be '.' or '..'" }],
    });
  });
});

describe("query parameters", () => {
  const endpoints = Object.entries(runtimeRoutes).flatMap(([route, needs]) =>
    needs === "api_key"
      ? [
          route
            .replace(":attempt_id", `att_${"0".repeat(26)}`)
            .replace(/:\w+$/, "a")
            .split(" "),
        ]
      : [],
  );

  it.each(endpoints)(
    "the API rejects an unknown query parameter of %s %s",
    async (method = "", path = "") => {
      const reply = await sendRaw(method, `${path}?mode=live`);
      expect(reply.status).toBe(400);
      expect(JSON.parse(reply.text)).toMatchObject({
        error: "invalid_request",
        message: "Invalid request: `mode` is not a query parameter of this request.",
        details: [{ path: "mode", message: "is not a query parameter of this request" }],
      });
    },
  );

  it("the API accepts a question mark without parameters", async () => {
    expect((await sendRaw("GET", "/v1/customer/access/a?")).status).toBe(200);
  });
});

describe("request body", () => {
  it("the API returns invalid_request when a body is 8,000 nested arrays", async () => {
    const reply = await world.api.post("/v1/access/check", "[".repeat(8_000) + "]".repeat(8_000));
    expect(reply).toMatchObject({ status: 400, body: { error: "invalid_request" } });
  });
});

describe("POST /v1/usage/consume", () => {
  it("1,000 concurrent consumes with one key return one answer and take the units once", async () => {
    await buy(world, "user_thousand");
    await expect.poll(async () => (await world.api.check("user_thousand")).body.allowed).toBe(true);
    const replies = await Promise.all(
      Array.from({ length: 1_000 }, () => world.api.consume("user_thousand", 10, "one")),
    );
    expect(new Set(replies.map(({ status, body }) => JSON.stringify([status, body])))).toEqual(
      new Set([JSON.stringify([200, { ok: true, consumed: 10, usage_remaining: 990 }])]),
    );
    expect(replies.filter(({ headers }) => headers.get("Idempotency-Replayed") === null)).toHaveLength(1);
  });
});

describe("API key revocation", () => {
  it("the API rejects a key in use within 5 seconds when it is revoked", async () => {
    const own = await newWorld();
    expect((await own.api.check("a")).status).toBe(200);
    await provision(own.origin, "revokeApiKey", own.keyId);
    const revokedAt = Date.now();
    let lastAcceptedAt = revokedAt;
    for (;;) {
      const sentAt = Date.now();
      const { status } = await own.api.check("a");
      if (status === 401) break;
      lastAcceptedAt = sentAt;
      expect(sentAt - revokedAt).toBeLessThan(6_000);
    }
    expect(lastAcceptedAt - revokedAt).toBeLessThan(5_000);
    expect((await own.api.check("a")).status).toBe(401);
  });
});
