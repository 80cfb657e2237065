import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { control, newProject } from "../../dev/bench/runtime-stack.ts";
import { isConnectionGone, randomFrom } from "./random.ts";
import { type SpawnedRuntime, spawnRuntime } from "./spawn-runtime.ts";

/**
 * Kills the real runtime worker with SIGKILL under load, repeatedly on the same state. After each restart the
 * test sends every key again, and all keys once more at the end. Each acknowledged consume exists exactly
 * once and replays the same reply. Each unknown one is settled. Ledger, state and D1 agree. `npm run
 * test:soak` kills the runtime 20 times.
 */
const kills = Number(process.env["RUNTIME_KILLS"] ?? 6);
const seed = Number(process.env["SEED"] ?? Date.now() % 2 ** 31);
const callers = 16;
const minSent = 60;
const maxSent = 400;
const subjects = ["user_a", "user_b", "user_c", "user_d", "user_e"];
/** The units that dev/bench/worker/fill.ts grants to each subject. */
const granted = 1_000_000_000;

interface Consume {
  subjectRef: string;
  key: string;
  units: number;
  /** The body of the reply, or `null` while the outcome is unknown. */
  acknowledged: string | null;
}

let folder: string;
let runtime: SpawnedRuntime;
let apiKey: string;
const random = randomFrom(seed);
const accounts = { acknowledged: 0, unknown: 0, replayed: 0, lost: 0 };

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

/** Consumes from `callers` concurrent callers, and kills the runtime after a seeded number of calls. */
async function consumeUntilKilled(round: number): Promise<Consume[]> {
  const api = runtime.client(apiKey);
  const killAt = minSent + random(maxSent - minSent);
  const sent: Consume[] = [];
  let killed: Promise<void> | null = null;
  const caller = async (number: number) => {
    for (let call = 0; killed === null; call++) {
      const subjectRef = subjects[random(subjects.length)] ?? "user_a";
      const key = `r${round}-c${number}-${call}`;
      const consume: Consume = { subjectRef, key, units: 1 + random(3), acknowledged: null };
      sent.push(consume);
      if (sent.length === killAt) killed = runtime.kill();
      try {
        const { status, body } = await api.consume(subjectRef, consume.units, key);
        if (status === 200) consume.acknowledged = JSON.stringify(body);
        else if (status < 500) throw new Error(`consume: ${status} ${JSON.stringify(body)}`);
      } catch (error) {
        // The connection is gone, so the outcome is unknown. Any other error is a bug in the test.
        if (!isConnectionGone(error)) throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: callers }, (_, number) => caller(number)));
  await killed;
  return sent;
}

/** Sends every key again. An acknowledged consume must return a replay of the same reply. */
async function replay(sent: Consume[]): Promise<void> {
  const api = runtime.client(apiKey);
  const caller = async (from: number) => {
    for (const consume of sent.filter((_, index) => index % callers === from)) {
      const { status, body, headers } = await api.consume(consume.subjectRef, consume.units, consume.key);
      expect(status).toBe(200);
      const isReplay = headers.get("Idempotency-Replayed") === "true";
      if (isReplay) accounts.replayed++;
      const answer = JSON.stringify(body);
      if (consume.acknowledged === null) consume.acknowledged = answer;
      else if (!isReplay || answer !== consume.acknowledged) accounts.lost++;
    }
  };
  await Promise.all(Array.from({ length: callers }, (_, from) => caller(from)));
}

describe("runtime killed under load", () => {
  it(`the runtime keeps every acknowledged consume once when killed (${kills} kills, SEED=${seed})`, async () => {
    const all: Consume[] = [];
    for (let round = 0; round < kills; round++) {
      const sent = await consumeUntilKilled(round);
      const known = sent.filter(({ acknowledged }) => acknowledged !== null).length;
      accounts.acknowledged += known;
      accounts.unknown += sent.length - known;
      all.push(...sent);
      runtime = await spawnRuntime({ folder });
      await replay(sent);
    }
    await replay(all);

    let remaining = 0;
    const api = runtime.client(apiKey);
    for (const subjectRef of subjects)
      remaining += (await api.get<{ usage_remaining: number }>(`/v1/customer/access/${subjectRef}`)).body
        .usage_remaining;
    const requested = all.reduce((sum, { units }) => sum + units, 0);
    const doubledUnits = subjects.length * granted - remaining - requested;
    const { acknowledged, unknown, replayed, lost } = accounts;
    console.log(
      `kills ${kills}, sent ${all.length}, acknowledged ${acknowledged}, unknown ${unknown}, replayed ${replayed}, lost ${lost}, units doubled ${doubledUnits}`,
    );
    expect({ lost, doubledUnits }).toEqual({ lost: 0, doubledUnits: 0 });
    expect(acknowledged).toBeGreaterThan(kills * callers);
    expect(unknown).toBeGreaterThan(0);
    // Waits for the objects' own alarms. The test does not trigger a flush.
    await expect
      .poll(() => runtime.verify())
      .toEqual({
        subjects: subjects.length,
        entries: subjects.length + all.length,
        unflushed: 0,
        faulty: [],
      });
  });
});
