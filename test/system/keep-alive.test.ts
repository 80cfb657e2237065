import { Agent, request } from "node:http";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { newWorld, type World } from "./world.ts";

/** More than workerd reads by itself of a body without a reader. */
const body = "x".repeat(300_000);

let world: World;
let agent: Agent;

beforeAll(async () => {
  world = await newWorld();
});

beforeEach(() => {
  agent = new Agent({ keepAlive: true, maxSockets: 1 });
});

afterEach(() => {
  agent.destroy();
});

/** Sends a request by the one connection. Returns its status and whether the connection is the one of the request before. */
function send(
  path: string,
  { method = "POST", headers = {} }: { method?: string; headers?: Record<string, string> },
): Promise<{ status: number; isReused: boolean }> {
  const { hostname, port } = new URL(world.origin);
  return new Promise((resolve, reject) => {
    const length = { "Content-Length": String(body.length) };
    const sent = request(
      { agent, hostname, port, method, path, headers: { ...length, ...headers } },
      (reply) => {
        reply.on("error", reject);
        reply.on("end", () => resolve({ status: reply.statusCode ?? 0, isReused: sent.reusedSocket }));
        reply.resume();
      },
    );
    sent.on("error", reject);
    // In two parts with a pause, so that the refusal is there before the body.
    sent.write(body.slice(0, 1_000));
    setTimeout(() => sent.end(body.slice(1_000)), 50);
  });
}

const json = { "Content-Type": "application/json" };
const key = () => ({ Authorization: `Bearer ${world.apiKey}` });

describe("the connection is usable after a request with a larger body is refused", () => {
  it.each([
    ["without an API key", "/v1/access/check", () => ({ headers: json }), 401],
    [
      "with an unknown API key",
      "/v1/access/check",
      () => ({ headers: { ...json, Authorization: "Bearer lz_test_unknown" } }),
      401,
    ],
    ["without an Idempotency-Key", "/v1/usage/consume", () => ({ headers: { ...json, ...key() } }), 400],
    ["as another media type", "/v1/access/check", () => ({ headers: key() }), 415],
    ["with too large a body", "/v1/access/check", () => ({ headers: { ...json, ...key() } }), 413],
    ["with a method that the path lacks", "/v1/access/check", () => ({ method: "PUT", headers: key() }), 405],
    ["to an unknown endpoint", "/v1/nothing", () => ({ headers: key() }), 404],
    ["to the portal with an API key", "/sign-in", () => ({ headers: key() }), 401],
    [
      "to the portal from another origin",
      "/sign-in",
      () => ({ headers: { Origin: "https://e.example" } }),
      403,
    ],
    ["to the portal as too large a form", "/sign-in", () => ({ headers: { Origin: world.origin } }), 413],
  ])("%s", async (_title, path, build, status) => {
    const replies = [];
    for (let index = 0; index < 4; index++) replies.push(await send(path, build()));
    expect(replies).toEqual([false, true, true, true].map((isReused) => ({ status, isReused })));
  });
});
