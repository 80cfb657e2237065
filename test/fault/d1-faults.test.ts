import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { D1Behavior } from "../../dev/bench/faulty-d1.ts";
import { control, newProject } from "../../dev/bench/runtime-stack.ts";
import type { ApiClient, ApiReply } from "../../dev/seed/api-client.ts";
import { type SpawnedRuntime, spawnRuntime } from "./spawn-runtime.ts";

/**
 * Runs the real runtime over HTTP with a D1 that stalls, fails, loses its responses or sends them late. Check
 * and consume with a cached key are not affected. Requests that need D1 are refused in time. When D1 responds
 * again, it catches up with the objects.
 */
const calls = 1_000;
/** Longer than the 10 s timeout of D1 calls, so that flushes give up and D1 applies their writes late. */
const stallMs = Number(process.env["STALL_MS"] ?? 11_000);
const callers = 16;
/**
 * Each case has new subjects, because a subject that was just flushed delays its next flush by up to 30 s.
 */
const subjectsPerCase = 4;
/** The latency budgets of check and consume, and the timeout of D1, in milliseconds. */
const budgetMs = { check: 400, consume: 2_000, checkout: 10_000 };
/** Added to each budget, because timers are late on a busy machine. */
const timerSlackMs = 1_500;

let folder: string;
let runtime: SpawnedRuntime;
let api: ApiClient;
let projectId: string;
let subjects: string[] = [];
let filled = 0;
let consumed = 0;
let repeated = 0;

const d1 = (behavior: D1Behavior) => control(runtime.ports, "/d1", behavior);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "licenzy-fault-"));
  runtime = await spawnRuntime({ folder, d1Faults: true });
  const project = await newProject(runtime.ports, 1);
  projectId = project.projectId;
  api = runtime.client(project.apiKeys[0] ?? "");
});

afterAll(async () => {
  await runtime.kill();
  await rm(folder, { recursive: true, force: true });
});

beforeEach(async () => {
  await d1("answers");
  subjects = Array.from({ length: subjectsPerCase }, (_, index) => `user_${filled + index}`);
  filled += subjectsPerCase;
  await control(runtime.ports, "/fill", { projectId, subjectRefs: subjects, consumes: 0 });
});

/**
 * Records the time of a call, and retries a 503 as a customer's backend does. A stalled machine uses up a
 * budget even without D1.
 */
async function timed(times: number[], call: () => Promise<ApiReply<unknown>>): Promise<void> {
  const startedAt = performance.now();
  let { status } = await call();
  times.push(performance.now() - startedAt);
  for (let tries = 0; status === 503 && tries < 3; tries++, repeated++) status = (await call()).status;
  expect(status).toBe(200);
}

/**
 * Sends `count` checks and as many consumes, and returns their times, shortest first. Each must end in 200,
 * and fewer than 3 % may need a retry.
 */
async function load(run: string, count: number): Promise<{ check: number[]; consume: number[] }> {
  const times = { check: [] as number[], consume: [] as number[] };
  const repeatedBefore = repeated;
  const caller = async (from: number) => {
    for (let call = from; call < count; call += callers) {
      const subjectRef = subjects[call % subjects.length] ?? "";
      await timed(times.check, () => api.check(subjectRef));
      await timed(times.consume, () => api.consume(subjectRef, 1, `${run}-${call}`));
    }
  };
  await Promise.all(Array.from({ length: callers }, (_, from) => caller(from)));
  consumed += count;
  expect(repeated - repeatedBefore).toBeLessThan(0.03 * count + 3);
  return { check: times.check.toSorted((a, b) => a - b), consume: times.consume.toSorted((a, b) => a - b) };
}

const median = (times: number[]) => times[Math.floor(times.length / 2)] ?? Number.NaN;

/** Waits for the objects' own alarms. The test does not trigger a flush. */
async function expectD1ToEqualTheObjects(): Promise<void> {
  await expect
    .poll(() => runtime.verify(), { timeout: 45_000, interval: 250 })
    .toEqual({
      subjects: filled,
      entries: filled + consumed,
      unflushed: 0,
      faulty: [],
    });
}

/** Sends a checkout, which needs D1. It is refused in time, or for its own error when D1 responds. */
async function checkout(behavior: D1Behavior): Promise<{ status: number; tookMs: number }> {
  const startedAt = performance.now();
  const { status, headers, body } = await api.checkout("user_a", "NOTHING", `checkout-${behavior}`);
  const tookMs = performance.now() - startedAt;
  expect(body).toMatchObject({ error: status === 503 ? "temporarily_unavailable" : "stripe_not_connected" });
  expect(headers.get("Retry-After")).toBe(status === 503 ? "1" : null);
  return { status, tookMs };
}

describe("runtime with a stalled D1", () => {
  it(`the runtime serves ${calls} checks and consumes as usual when D1 stalls, and D1 catches up`, async () => {
    await load("warm", 100);
    const usual = await load("usual", calls);
    await d1("stalls");
    const stalledAt = performance.now();
    const refused = checkout("stalls");
    const stalled = await load("stalled", calls);
    for (const operation of ["check", "consume"] as const) {
      const [before, during] = [median(usual[operation]), median(stalled[operation])];
      const slowest = stalled[operation].at(-1) ?? Number.NaN;
      console.log(
        `${operation}: median ${before.toFixed(1)} ms, with D1 stalled ${during.toFixed(1)} ms (ratio ${(during / before).toFixed(2)}), slowest ${slowest.toFixed(0)} ms`,
      );
      // A call that waited for D1 would use the whole budget.
      expect(during).toBeLessThan(Math.max(before * 3 + 5, budgetMs[operation] / 2));
      expect(slowest).toBeLessThan(budgetMs[operation] + timerSlackMs);
    }
    const { status, tookMs } = await refused;
    expect(status).toBe(503);
    expect(tookMs).toBeLessThan(budgetMs.checkout + timerSlackMs);
    // The stall has to last until flushes have given up on D1.
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, stalledAt + stallMs - performance.now())));
    await load("still-stalled", 100);
    await d1("answers");
    await expectD1ToEqualTheObjects();
  });
});

describe("runtime with a faulty D1", () => {
  it.each([
    ["fails", 503],
    ["loses-answers", 503],
    ["late", 409],
  ] as const)(
    "the runtime serves check and consume when D1 is set to %s, and D1 equals the objects afterwards",
    async (behavior, status) => {
      await d1(behavior);
      const times = await load(behavior, 200);
      for (const operation of ["check", "consume"] as const)
        expect(times[operation].at(-1)).toBeLessThan(budgetMs[operation] + timerSlackMs);
      expect((await checkout(behavior)).status).toBe(status);
      // Wait until each object's alarm has called the faulty D1.
      await expect
        .poll(() => control<number>(runtime.ports, "/d1/calls", {}), { timeout: 15_000, interval: 50 })
        .toBeGreaterThan(subjects.length);
      await d1("answers");
      await expectD1ToEqualTheObjects();
    },
  );

  it("the runtime refuses a checkout for its own error when D1 responds", async () => {
    expect((await checkout("answers")).status).toBe(409);
  });
});
