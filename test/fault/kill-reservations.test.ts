import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { control, newProject } from "../../dev/bench/runtime-stack.ts";
import { isConnectionGone, randomFrom } from "./random.ts";
import { type SpawnedRuntime, spawnRuntime } from "./spawn-runtime.ts";

/**
 * Kills the real runtime worker with SIGKILL while jobs hold units, repeatedly on the same state. After each restart
 * every request is sent again with its key. Each acknowledged reserve and settle exists once and replays the same
 * reply, each unknown one is settled, and units that no job settled or released are still held. `npm run test:soak`
 * kills the runtime 20 times.
 */
const kills = Number(process.env["RUNTIME_KILLS"] ?? 6);
const seed = Number(process.env["SEED"] ?? Date.now() % 2 ** 31);
const callers = 16;
const minSent = 40;
const maxSent = 300;
const subjects = ["user_a", "user_b", "user_c"];
/** The units that dev/bench/worker/fill.ts grants to each subject. */
const granted = 1_000_000_000;

/** One request of a job, with the body of its reply, or `null` while the outcome is unknown. */
interface Sent {
  path: string;
  key: string;
  body: Record<string, unknown>;
  acknowledged: string | null;
}

interface Job {
  subjectRef: string;
  reserved: number;
  used: number;
  /** The second step of the job, once it began. */
  ends: "settle" | "release" | null;
  requests: Sent[];
}

let folder: string;
let runtime: SpawnedRuntime;
let apiKey: string;
const random = randomFrom(seed);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "licenzy-fault-"));
  runtime = await spawnRuntime({ folder });
  const { projectId, apiKeys } = await newProject(runtime.ports, 1);
  apiKey = apiKeys[0] ?? "";
  await control(runtime.ports, "/fill", { projectId, subjectRefs: subjects, consumes: 0 });
});

afterAll(async () => {
  await runtime.kill();
  await rm(folder, { recursive: true, force: true });
});

/** Sends a request of a job. Returns the parsed reply; `null` when the connection broke. */
async function send(job: Job, sent: Sent): Promise<Record<string, unknown> | null> {
  if (!job.requests.includes(sent)) job.requests.push(sent);
  try {
    const headers = { "Idempotency-Key": sent.key };
    const reply = await runtime.client(apiKey).post(sent.path, sent.body, headers);
    if (reply.status >= 500) return null;
    if (reply.status >= 400) throw new Error(`${sent.path}: ${reply.status} ${JSON.stringify(reply.body)}`);
    const text = JSON.stringify(reply.body);
    if (sent.acknowledged !== null) expect(text).toBe(sent.acknowledged);
    sent.acknowledged = text;
    return reply.body;
  } catch (error) {
    if (!isConnectionGone(error)) throw error;
    return null;
  }
}

const reserving = ({ subjectRef, reserved }: Job, key: string): Sent => ({
  path: "/v1/usage/reserve",
  key,
  body: { subject_ref: subjectRef, units: reserved, expires_in_seconds: 86_400 },
  acknowledged: null,
});

function ending(job: Job, key: string, reservationId: unknown): Sent {
  const body = { subject_ref: job.subjectRef, reservation_id: reservationId };
  return job.ends === "settle"
    ? { path: "/v1/usage/settle", key, body: { ...body, units: job.used }, acknowledged: null }
    : { path: "/v1/usage/release", key, body, acknowledged: null };
}

/** Runs jobs from concurrent callers, and kills the runtime after a seeded number of requests. */
async function runUntilKilled(round: number): Promise<Job[]> {
  const killAt = minSent + random(maxSent - minSent);
  const jobs: Job[] = [];
  let requests = 0;
  let killed: Promise<void> | null = null;
  const count = () => {
    if (++requests === killAt) killed = runtime.kill();
  };
  const caller = async (number: number) => {
    for (let call = 0; killed === null; call++) {
      const reserved = 1 + random(100);
      const subjectRef = subjects[random(subjects.length)] ?? "user_a";
      const job: Job = { subjectRef, reserved, used: random(reserved + 1), ends: null, requests: [] };
      jobs.push(job);
      const name = `r${round}-c${number}-${call}`;
      count();
      const reply = await send(job, reserving(job, `${name}-reserve`));
      // One job in five dies here and leaves its units held.
      if (reply === null || random(5) === 0) continue;
      job.ends = random(4) === 0 ? "release" : "settle";
      count();
      await send(job, ending(job, `${name}-end`, reply["reservation_id"]));
    }
  };
  await Promise.all(Array.from({ length: callers }, (_, number) => caller(number)));
  await killed;
  return jobs;
}

/** Sends every request of every job again, in order. */
async function replay(jobs: Job[]): Promise<void> {
  const caller = async (from: number) => {
    for (const job of jobs.filter((_, index) => index % callers === from))
      for (const sent of job.requests) expect(await send(job, sent)).not.toBeNull();
  };
  await Promise.all(Array.from({ length: callers }, (_, from) => caller(from)));
}

describe("runtime killed while jobs hold units", () => {
  it(`the runtime keeps every reservation and settle once when killed (${kills} kills, SEED=${seed})`, async () => {
    const all: Job[] = [];
    let known = 0;
    for (let round = 0; round < kills; round++) {
      const jobs = await runUntilKilled(round);
      known += jobs.flatMap(({ requests }) => requests).filter(({ acknowledged }) => acknowledged).length;
      all.push(...jobs);
      runtime = await spawnRuntime({ folder });
      await replay(jobs);
    }
    await replay(all);
    for (const subjectRef of subjects) {
      const own = all.filter((job) => job.subjectRef === subjectRef);
      const held = own.filter(({ ends }) => ends === null).reduce((sum, { reserved }) => sum + reserved, 0);
      const used = own.filter(({ ends }) => ends === "settle").reduce((sum, job) => sum + job.used, 0);
      const { body } = await runtime
        .client(apiKey)
        .get<{ usage_remaining: number; usage_reserved: number }>(`/v1/customer/access/${subjectRef}`);
      expect(body).toMatchObject({ usage_reserved: held, usage_remaining: granted - held - used });
    }
    const requests = all.flatMap((job) => job.requests);
    console.log(`kills ${kills}, jobs ${all.length}, requests ${requests.length}, acknowledged ${known}`);
    expect(known).toBeGreaterThan(kills * callers);
    expect(requests.length).toBeGreaterThan(known);
    await expect
      .poll(() => runtime.verify(), { timeout: 30_000, interval: 200 })
      .toEqual({
        subjects: subjects.length,
        entries: subjects.length + requests.length,
        unflushed: 0,
        faulty: [],
      });
  });
});
