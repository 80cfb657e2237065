import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { D1Behaviour } from "../../dev/bench/faulty-d1.ts";
import { control, newProject } from "../../dev/bench/runtime-stack.ts";
import type { ApiClient, ApiReply } from "../../dev/seed/api-client.ts";
import { type SpawnedRuntime, spawnRuntime } from "./spawn-runtime.ts";

/**
 * The real runtime over HTTP with a D1 that stalls, fails, loses its answers or gives them late. Check and consume with a
 * known key never notice; what needs D1 is refused in time; when D1 answers again it comes to equal the objects.
 */
const calls = 1_000;
/** Longer than our own timeout of D1 (10 s), so that flushes give up and what they sent is done late. */
const stallMs = Number(process.env["STALL_MS"] ?? 11_000);
const callers = 16;
/** Each case has its own: consumption of a subject that was flushed just before would be gathered for 30 s. */
const subjectsPerCase = 4;
/** What page 1 of the specification promises, and the timeout of D1, in milliseconds; late timers of a busy machine are on top. */
const budgetMs = { check: 400, consume: 2_000, checkout: 10_000 };
const timerSlackMs = 1_500;

let folder: string;
let runtime: SpawnedRuntime;
let api: ApiClient;
let projectId: string;
let subjects: string[] = [];
let filled = 0;
let consumed = 0;
let repeated = 0;

const d1 = (behaviour: D1Behaviour) => control(runtime.ports, "/d1", behaviour);

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

/** Repeats what is answered 503, as a customer's backend does: a machine at a standstill uses up a budget also without D1. */
async function timed(times: number[], call: () => Promise<ApiReply<unknown>>): Promise<void> {
  const startedAt = performance.now();
  let { status } = await call();
  times.push(performance.now() - startedAt);
  for (let tries = 0; status === 503 && tries < 3; tries++, repeated++) status = (await call()).status;
  expect(status).toBe(200);
}

/** `count` checks and as many consumes, each of which must be answered 200, not 3 in a hundred repeated. The times that they took, shortest first. */
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

const medianOf = (times: number[]) => times[Math.floor(times.length / 2)] ?? Number.NaN;

/** By the objects' own alarms: nothing here asks them to flush. */
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

/** A checkout needs D1: it is refused in time, or, when D1 answers, for what is wrong with it. */
async function checkout(behaviour: D1Behaviour): Promise<{ status: number; tookMs: number }> {
  const startedAt = performance.now();
  const { status, headers, body } = await api.checkout("user_a", "NOTHING", `checkout-${behaviour}`);
  const tookMs = performance.now() - startedAt;
  expect(body).toMatchObject({ error: status === 503 ? "temporarily_unavailable" : "stripe_not_connected" });
  expect(headers.get("Retry-After")).toBe(status === 503 ? "1" : null);
  return { status, tookMs };
}

describe("with D1 stalled", () => {
  it(`${calls} checks and consumes with a known key succeed as fast as ever, and D1 catches up`, async () => {
    await load("warm", 100);
    const usual = await load("usual", calls);
    await d1("stalls");
    const stalledAt = performance.now();
    const refused = checkout("stalls");
    const stalled = await load("stalled", calls);
    for (const operation of ["check", "consume"] as const) {
      const [before, during] = [medianOf(usual[operation]), medianOf(stalled[operation])];
      const slowest = stalled[operation].at(-1) ?? Number.NaN;
      console.log(
        `${operation}: median ${before.toFixed(1)} ms, with D1 stalled ${during.toFixed(1)} ms (ratio ${(during / before).toFixed(2)}), slowest ${slowest.toFixed(0)} ms`,
      );
      // Waiting for D1 would take the whole budget, each time.
      expect(during).toBeLessThan(Math.max(before * 3 + 5, budgetMs[operation] / 2));
      expect(slowest).toBeLessThan(budgetMs[operation] + timerSlackMs);
    }
    const { status, tookMs } = await refused;
    expect(status).toBe(503);
    expect(tookMs).toBeLessThan(budgetMs.checkout + timerSlackMs);
    // The stall is what is tested: it has to last until flushes have given up on D1.
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, stalledAt + stallMs - performance.now())));
    await load("still-stalled", 100);
    await d1("answers");
    await expectD1ToEqualTheObjects();
  });
});

describe("a D1 that", () => {
  it.each([
    ["fails", 503],
    ["loses-answers", 503],
    ["late", 409],
  ] as const)(
    "%s does not show in check and consume, and equals the objects in the end",
    async (behaviour, status) => {
      await d1(behaviour);
      const times = await load(behaviour, 200);
      for (const operation of ["check", "consume"] as const)
        expect(times[operation].at(-1)).toBeLessThan(budgetMs[operation] + timerSlackMs);
      expect((await checkout(behaviour)).status).toBe(status);
      // Until each object's alarm has met it, too.
      await expect
        .poll(() => control<number>(runtime.ports, "/d1/asked", {}), { timeout: 15_000, interval: 50 })
        .toBeGreaterThan(subjects.length);
      await d1("answers");
      await expectD1ToEqualTheObjects();
    },
  );

  it("answers lets a checkout be refused for what is wrong with it", async () => {
    expect((await checkout("answers")).status).toBe(409);
  });
});
