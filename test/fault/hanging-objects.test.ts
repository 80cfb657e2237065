import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { control, newProject } from "../../scripts/bench/runtime-stack.ts";
import type { ApiClient, ApiReply } from "../../scripts/seed/api-client.ts";
import { type SpawnedRuntime, spawnRuntime } from "./spawn-runtime.ts";

/**
 * Runs the real runtime over HTTP with objects that do not respond. One timer watches all calls of an isolate
 * (workers/runtime/time-limit.ts). The runtime must answer each timed-out request in its own request context,
 * also after the engine has optimized the code, and also when the request that owns the timer is gone.
 */
const callers = 50;
/** The latency budget of a check, and the delay that a busy machine may add to it. */
const budgetMs = 400;
const timerSlackMs = 1_500;

let folder: string;
let runtime: SpawnedRuntime;
let api: ApiClient;
let apiKey: string;

const stopClock = (isStopped: boolean) => control(runtime.ports, "/clock/stopped", isStopped);
const checkConcurrently = () =>
  Promise.all(Array.from({ length: callers }, (_, index) => api.check(`user_${index}`)));

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "licenzy-fault-"));
  runtime = await spawnRuntime({ folder, stoppableClock: true });
  apiKey = (await newProject(runtime.ports, 1)).apiKeys[0] ?? "";
  api = runtime.client(apiKey);
});

afterAll(async () => {
  await runtime.kill();
  await rm(folder, { recursive: true, force: true });
});

function expectTimedOut(replies: ApiReply[]): void {
  for (const { status, headers, body } of replies) {
    expect(status).toBe(503);
    expect(headers.get("Retry-After")).toBe("1");
    expect(body).toMatchObject({ error: "temporarily_unavailable", request_id: headers.get("Request-Id") });
  }
  expect(new Set(replies.map(({ headers }) => headers.get("Request-Id"))).size).toBe(replies.length);
}

describe("runtime with hanging objects", () => {
  it(`the runtime times out ${callers} checks within budget, and recovers when the objects do`, async () => {
    // Enough rounds for the engine to optimize the code. The key stays below its rate limit.
    for (let round = 0; round < 100; round++)
      for (const { status } of await checkConcurrently()) expect(status).toBe(200);
    for (let round = 0; round < 3; round++) {
      await stopClock(true);
      const startedAt = performance.now();
      expectTimedOut(await checkConcurrently());
      expect(performance.now() - startedAt).toBeLessThan(budgetMs + timerSlackMs);
      await stopClock(false);
      for (const { status } of await checkConcurrently()) expect(status).toBe(200);
    }
  });

  it("the runtime times out checks within budget when the caller that owns the timer leaves", async () => {
    await stopClock(true);
    const leaving = new AbortController();
    const gone = fetch(`${api.origin}/v1/access/check`, {
      method: "POST",
      signal: leaving.signal,
      headers: { Authorization: `Bearer ${apiKey}`, "Content-Type": "application/json" },
      body: JSON.stringify({ subject_ref: "user_who_leaves" }),
    });
    const startedAt = performance.now();
    const others = checkConcurrently();
    leaving.abort();
    await expect(gone).rejects.toThrow("aborted");
    expectTimedOut(await others);
    expect(performance.now() - startedAt).toBeLessThan(budgetMs + timerSlackMs);
    await stopClock(false);
  });
});
