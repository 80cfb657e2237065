import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { control, newProject } from "../../dev/bench/runtime-stack.ts";
import { host } from "../../dev/stack/ports.ts";
import { Licenzy, orThrow } from "../../sdk/src/index.ts";
import { randomFrom } from "./random.ts";
import type { LeaseChildOptions } from "./sdk-lease-child.ts";
import { type SpawnedRuntime, spawnRuntime } from "./spawn-runtime.ts";

/**
 * Processes of the SDK spend leases of one balance over broken connections, and some are killed at random. At every moment
 * consumed and held units are at most those granted. At the end every unit that a survivor took is settled once, and what
 * is lost is at most the leases of the killed.
 */
const seed = Number(process.env["SEED"] ?? Date.now() % 2 ** 31);
const processes = 6;
const killed = 3;
const leaseUnits = 200;
const granted = 12_000;
const subjectRef = "user_leases";
/** The units that dev/bench/worker/fill.ts grants. */
const filled = 1_000_000_000;

interface Worker {
  child: ChildProcess;
  taken: number;
  settled: number;
  last: string;
  errors: string;
  isKilled: boolean;
  ended: Promise<void>;
}

let folder: string;
let runtime: SpawnedRuntime;
let licenzy: Licenzy;
let options: Omit<LeaseChildOptions, "seed">;
const random = randomFrom(seed);
const workers: Worker[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "licenzy-fault-"));
  runtime = await spawnRuntime({ folder });
  const { projectId, apiKeys } = await newProject(runtime.ports, 2);
  const [apiKey = "", readingKey = ""] = apiKeys;
  await control(runtime.ports, "/fill", { projectId, subjectRefs: [subjectRef], consumes: 0 });
  const origin = `http://${host}:${runtime.ports.runtimePort}`;
  // The readings have a key of their own, so that they don't use up the rate limit of the processes.
  licenzy = new Licenzy({ apiKey: readingKey, baseUrl: origin });
  orThrow(await licenzy.usage.consume(subjectRef, filled - granted));
  options = { origin, apiKey, subjectRef, units: leaseUnits };
});

afterAll(async () => {
  for (const { child } of workers) child.kill("SIGKILL");
  await runtime.kill();
  await rm(folder, { recursive: true, force: true });
});

function start(number: number): Worker {
  const script = join(import.meta.dirname, "sdk-lease-child.ts");
  const argument = JSON.stringify({ ...options, seed: seed + number } satisfies LeaseChildOptions);
  const child = spawn(process.execPath, ["--import", "tsx", script, argument], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  const worker: Worker = {
    child,
    taken: 0,
    settled: 0,
    last: "",
    errors: "",
    isKilled: false,
    ended: new Promise((resolve) => child.on("close", () => resolve())),
  };
  let rest = "";
  child.stdout.on("data", (chunk: Buffer) => {
    const lines = (rest + chunk.toString()).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      const [word = "", number] = line.split(" ");
      if (word === "taken" || word === "settled") worker[word] = Number(number);
      worker.last = line;
    }
  });
  child.stderr.on("data", (chunk: Buffer) => {
    worker.errors += chunk.toString();
  });
  return worker;
}

async function readBalance() {
  const { usageRemaining, usageReserved } = orThrow(await licenzy.customers.access(subjectRef));
  const consumed = granted - usageRemaining - usageReserved;
  return { usageRemaining, usageReserved, consumed };
}

const sum = (all: Worker[], read: (worker: Worker) => number) =>
  all.reduce((total, each) => total + read(each), 0);

describe("SDK processes killed while they hold leases", () => {
  it(`no unit is overspent or settled twice, and the loss is at most the leases of the killed (SEED=${seed})`, async () => {
    workers.push(...Array.from({ length: processes }, (_, number) => start(number)));
    let isOver = false;
    const all = Promise.all(workers.map(({ ended }) => ended)).then(() => {
      isOver = true;
    });
    const killAt = Array.from({ length: killed }, () => 200 + random(granted / processes / 2));
    let readings = 0;
    while (!isOver) {
      for (const [index, worker] of workers.slice(0, killed).entries())
        if (!worker.isKilled && worker.taken >= (killAt[index] ?? 0)) {
          worker.isKilled = worker.child.exitCode === null;
          worker.child.kill("SIGKILL");
        }
      // Acknowledged before the reading, so the balance has it: counted by the processes, not by the service.
      const settled = sum(workers, (worker) => worker.settled);
      const { usageRemaining, usageReserved, consumed } = await readBalance();
      readings++;
      await sleep(5);
      expect(consumed).toBeGreaterThanOrEqual(settled);
      expect(settled + usageReserved).toBeLessThanOrEqual(granted);
      expect(usageRemaining).toBeGreaterThanOrEqual(0);
      expect(consumed).toBeGreaterThanOrEqual(0);
      expect(consumed + usageReserved).toBeLessThanOrEqual(granted);
    }
    await all;
    const dead = workers.filter(({ isKilled }) => isKilled);
    const survivors = workers.filter(({ isKilled }) => !isKilled);
    expect(survivors.map(({ last, errors }) => last + errors)).toEqual(survivors.map(() => "done"));
    for (const { taken, settled } of survivors) expect(settled).toBe(taken);

    const { usageReserved, consumed } = await readBalance();
    const taken = sum(workers, (worker) => worker.taken);
    console.log(
      `killed ${dead.length}, taken ${taken}, consumed ${consumed}, held ${usageReserved}, readings ${readings}`,
    );
    expect(dead.length).toBeGreaterThan(0);
    expect(readings).toBeGreaterThan(10);
    // Nothing twice: what was consumed was taken. Nothing lost but what the killed had taken of their last lease.
    expect(consumed).toBeLessThanOrEqual(taken);
    expect(consumed).toBeGreaterThanOrEqual(
      sum(survivors, (worker) => worker.taken) + sum(dead, (worker) => worker.settled),
    );
    expect(taken - consumed).toBeLessThanOrEqual(dead.length * leaseUnits);
    expect(usageReserved).toBeLessThanOrEqual(dead.length * leaseUnits);
    expect(await runtime.verify()).toMatchObject({ faulty: [] });
  });
});
