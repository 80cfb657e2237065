import { existsSync } from "node:fs";
import { join } from "node:path";
import { Log, LogLevel, Miniflare } from "miniflare";
import { generateApiKey, parseApiKey } from "../../shared/kit/api-key.ts";
import { newProjectId } from "../../shared/kit/ids.ts";
import { buildWorkers, bundleWorker } from "../stack/build.ts";
import { applyMigrations, readMigrations } from "../stack/migrations.ts";
import { host } from "../stack/ports.ts";
import { workerOptions } from "../stack/worker-options.ts";
import { faultyD1 } from "./faulty-d1.ts";

export interface RuntimeStackOptions {
  /** The folder of D1, the objects and the built bench worker. One stack at a time uses it. */
  folder: string;
  /** How many databases there are. 1 by default. */
  databases?: number;
  /** Puts a layer between the runtime and each of its databases that fails on request (`/d1`). */
  d1Faults?: boolean;
  /**
   * Gives the runtime a clock that stops on request (`/clock/stopped`). Every call to an object then hangs.
   */
  stoppableClock?: boolean;
}

export interface RuntimePorts {
  /** The URL of the runtime worker, without a gateway. */
  runtimePort: number;
  /** The URL of the worker with the floor and the controls. */
  benchPort: number;
}

export interface RuntimeStack extends RuntimePorts {
  stop(): Promise<void>;
}

/**
 * Starts the runtime as in production, and the bench worker in the same workerd. Without the `DEV` binding,
 * because it would cost every request a hop that production does not have. The process can be killed at any
 * moment and started again on the same folder.
 */
export async function startRuntimeStack({
  folder,
  databases = 1,
  d1Faults = false,
  stoppableClock = false,
}: RuntimeStackOptions): Promise<RuntimeStack> {
  const bundles = await buildWorkers();
  const benchDir = join(folder, "bench");
  if (!existsSync(join(benchDir, "index.js"))) await bundleWorker("dev/bench/worker/wrangler.toml", benchDir);
  const secrets = {
    stripeWrappingKeys: { current: "bench", keys: { bench: "" } },
    webhookWrappingKeys: { current: "bench", keys: { bench: "" } },
    signInSecret: "",
    setupToken: "",
  };
  const serviceBindings: Record<string, { name: string; entrypoint: string }> = stoppableClock
    ? { DEV: { name: "licenzy-bench", entrypoint: "Clock" } }
    : {};
  const runtime = workerOptions({
    bundles: bundles.filter(({ name }) => name === "licenzy-runtime"),
    origin: "http://bench",
    gatewayPort: 0,
    directSockets: true,
    stripeBase: undefined,
    databases,
    secrets,
  }).map((options) => ({ ...options, serviceBindings }));
  const [first] = runtime;
  if (first === undefined) throw new Error("the runtime was not built");
  const { d1Databases } = first;
  const faults = d1Faults ? faultyD1(d1Databases) : { bindings: {}, workers: [] };
  const mf = new Miniflare({
    host,
    port: 0,
    cf: false,
    log: new Log(LogLevel.WARN),
    d1Persist: join(folder, "d1"),
    durableObjectsPersist: join(folder, "do"),
    workers: [
      { ...first, ...faults.bindings },
      {
        name: "licenzy-bench",
        modulesRoot: benchDir,
        modules: [{ type: "ESModule", path: join(benchDir, "index.js") }],
        compatibilityDate: "2026-04-01",
        compatibilityFlags: ["nodejs_compat"],
        d1Databases,
        durableObjects: {
          BARE: { className: "Bare", useSQLite: true },
          COUNTED: { className: "CountedSubject", useSQLite: true },
          SUBJECT: { className: "Subject", scriptName: "licenzy-runtime", useSQLite: true },
          KEYRING: { className: "Keyring", scriptName: "licenzy-runtime", useSQLite: true },
          ACCESS_REPLICA: { className: "DelayedReplica", useSQLite: true },
        },
        bindings: { LOG_LEVEL: "warn" },
        serviceBindings: { VERIFICATION: { name: "licenzy-runtime", entrypoint: "VerificationEntrypoint" } },
        unsafeDirectSockets: [{ host, port: 0 }],
      },
      ...faults.workers,
    ],
  });
  await mf.ready;
  const portOf = async (name: string) => Number((await mf.unsafeGetDirectURL(name)).port);
  const benchPort = await portOf("licenzy-bench");
  await applyMigrations(`http://${host}:${benchPort}/migrations`, await readMigrations());
  return { runtimePort: await portOf("licenzy-runtime"), benchPort, stop: () => mf.dispose() };
}

/** Calls one of the bench worker's controls. */
export async function control<T>({ benchPort }: RuntimePorts, path: string, body: unknown): Promise<T> {
  const response = await fetch(`http://${host}:${benchPort}${path}`, {
    method: "POST",
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return (await response.json()) as T;
}

/**
 * Creates a project with `count` keys. A load needs several: each is limited to 10,000 requests per 10 s. `database` is the
 * number of the database that holds its data.
 */
export async function newProject(
  ports: RuntimePorts,
  count: number,
  database = 0,
): Promise<{ projectId: string; apiKeys: string[] }> {
  const projectId = newProjectId(Date.now(), database);
  const apiKeys = Array.from({ length: count }, () => generateApiKey("test", "weur", projectId));
  await control(ports, "/keys", { projectId, keyHashes: apiKeys.map((key) => parseApiKey(key)?.hash) });
  return { projectId, apiKeys };
}
