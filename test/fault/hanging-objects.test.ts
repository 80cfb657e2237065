import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { control, newProject } from "../../dev/bench/runtime-stack.ts";
import type { ApiClient, ApiReply } from "../../dev/seed/api-client.ts";
import { type SpawnedRuntime, spawnRuntime } from "./spawn-runtime.ts";

/**
 * The real runtime over HTTP, with objects that do not answer. Each call has its own timeout (shared/kit/timeout.ts): a
 * request that times out must be answered in its own context, also once the code is optimized, and also when a request
 * that hung at the same time has left.
 */
const callers = 50;
/** The API promises a check within 400 ms; a busy machine may add the slack. */
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

it(`${callers} concurrent checks each time out within budget, and succeed once the objects respond`, async () => {
  // Often enough that the code is optimized; the key stays below its limit.
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

it("checks time out within budget when another caller that hangs with them disconnects", async () => {
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
