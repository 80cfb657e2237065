import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { D1Behavior, D1Fault } from "../../dev/bench/faulty-d1.ts";
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
/** One project in each of the two databases. */
let projects: { api: ApiClient; projectId: string }[];
let subjects: string[] = [];
let filled = 0;
let consumed = 0;
let repeated = 0;

/** Sets how D1 behaves: all databases, or the one with the binding. */
const d1 = (behavior: D1Behavior, binding: string | null = null) =>
  control(runtime.ports, "/d1", { behavior, binding } satisfies D1Fault);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "licenzy-fault-"));
  runtime = await spawnRuntime({ folder, databases: 2, d1Faults: true });
  projects = [];
  for (const database of [0, 1]) {
    const { projectId, apiKeys } = await newProject(runtime.ports, 1, database);
    projects.push({ projectId, api: runtime.client(apiKeys[0] ?? "") });
  }
});

afterAll(async () => {
  await runtime.kill();
  await rm(folder, { recursive: true, force: true });
});

beforeEach(async () => {
  await d1("answers");
  subjects = Array.from({ length: subjectsPerCase }, (_, index) => `user_${filled + index}`);
  for (const { projectId } of projects) {
    filled += subjectsPerCase;
    await control(runtime.ports, "/fill", { projectId, subjectRefs: subjects, consumes: 0 });
  }
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
 * Sends `count` checks and as many consumes, to both projects in turn, and returns their times, shortest first. Each must
 * end in 200, and fewer than 3 % may need a retry.
 */
async function load(run: string, count: number): Promise<{ check: number[]; consume: number[] }> {
  const times = { check: [] as number[], consume: [] as number[] };
  const repeatedBefore = repeated;
  const caller = async (from: number) => {
    for (let call = from; call < count; call += callers) {
      const subjectRef = subjects[(call >> 1) % subjects.length] ?? "";
      const { api } = projectOf(call % 2);
      await timed(times.check, () => api.check(subjectRef));
      await timed(times.consume, () => api.consume(subjectRef, 1, `${run}-${call}`));
    }
  };
  await Promise.all(Array.from({ length: callers }, (_, from) => caller(from)));
  consumed += count;
  expect(repeated - repeatedBefore).toBeLessThan(0.03 * count + 3);
  return { check: times.check.toSorted((a, b) => a - b), consume: times.consume.toSorted((a, b) => a - b) };
}

function projectOf(database: number) {
  const project = projects[database];
  if (project === undefined) throw new Error(`no project in database ${database}`);
  return project;
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

/**
 * Sends a checkout in the project of a database, which needs that database and the control database. It is refused in time,
 * or for its own error when both respond.
 */
async function checkout(behavior: D1Behavior, database = 0): Promise<{ status: number; tookMs: number }> {
  const startedAt = performance.now();
  const { api } = projectOf(database);
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
    const refused = Promise.all([checkout("stalls", 0), checkout("stalls", 1)]);
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
    for (const { status, tookMs } of await refused) {
      expect(status).toBe(503);
      expect(tookMs).toBeLessThan(budgetMs.checkout + timerSlackMs);
    }
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
      for (const database of [0, 1]) expect((await checkout(behavior, database)).status).toBe(status);
      // Wait until each object's alarm has called the faulty D1.
      await expect
        .poll(() => control<number>(runtime.ports, "/d1/calls", {}))
        .toBeGreaterThan(2 * subjects.length);
      await d1("answers");
      await expectD1ToEqualTheObjects();
    },
  );

  it("a data database that fails stops only the checkouts of projects in it", async () => {
    await d1("fails", "DATA_01");
    await load("data-fails", 200);
    expect((await checkout("fails", 0)).status).toBe(409);
    expect((await checkout("fails", 1)).status).toBe(503);
    await expect.poll(() => control<number>(runtime.ports, "/d1/calls", {})).toBeGreaterThan(subjects.length);
    await d1("answers");
    await expectD1ToEqualTheObjects();
  });

  it("a control database that fails stops every checkout, and no check or consume", async () => {
    await d1("fails", "DB");
    await load("control-fails", 200);
    for (const database of [0, 1]) expect((await checkout("fails", database)).status).toBe(503);
    await d1("answers");
    await expectD1ToEqualTheObjects();
  });

  it("the runtime refuses a checkout for its own error when D1 responds", async () => {
    for (const database of [0, 1]) expect((await checkout("answers", database)).status).toBe(409);
  });
});
