import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Log, LogLevel, Miniflare } from "miniflare";
import { newApiKey, parseApiKey } from "../../shared/kit/api-key.ts";
import { newId } from "../../shared/kit/ids.ts";
import { buildWorkers, bundleWorker } from "../stack/build.ts";
import { applyMigrations, readMigrations } from "../stack/migrations.ts";
import { host } from "../stack/ports.ts";
import { workerOptions } from "../stack/worker-options.ts";

export interface BenchStack {
  /** Of the runtime worker, without anything in front. */
  runtimePort: number;
  /** Of the worker with the floor and the controls. */
  benchPort: number;
  projectId: string;
  /** Several, because each has a limit of 10,000 requests per 10 s. */
  apiKeys: string[];
  /** Calls one of the bench worker's controls. */
  control<T>(path: string, body: unknown): Promise<T>;
  stop(): Promise<void>;
}

const keys = 32;

/**
 * The runtime as production has it, without the DEV binding, which would cost every request a hop that production has not,
 * and beside it in the same workerd the bare floor.
 */
export async function startBenchStack(): Promise<BenchStack> {
  const folder = await mkdtemp(join(tmpdir(), "licenzy-bench-"));
  const bundles = await buildWorkers();
  await bundleWorker("scripts/bench/worker/wrangler.toml", join(folder, "bench"));
  const secrets = {
    stripeWrappingKeys: { current: "bench", keys: { bench: "" } },
    webhookWrappingKeys: { current: "bench", keys: { bench: "" } },
    signInSecret: "",
    setupToken: "",
  };
  const runtime = workerOptions({
    bundles: bundles.filter(({ name }) => name === "licenzy-runtime"),
    origin: "http://bench",
    gatewayPort: 0,
    directSockets: true,
    realStripe: false,
    secrets,
  }).map((options) => ({ ...options, serviceBindings: {} }));
  const [first] = runtime;
  if (first === undefined) throw new Error("the runtime was not built");
  const mf = new Miniflare({
    host,
    port: 0,
    cf: false,
    log: new Log(LogLevel.WARN),
    d1Persist: join(folder, "d1"),
    durableObjectsPersist: join(folder, "do"),
    workers: [
      ...runtime,
      {
        name: "licenzy-bench",
        modulesRoot: join(folder, "bench"),
        modules: [{ type: "ESModule", path: join(folder, "bench", "index.js") }],
        compatibilityDate: "2026-04-01",
        compatibilityFlags: ["nodejs_compat"],
        d1Databases: first.d1Databases,
        durableObjects: {
          BARE: { className: "Bare", useSQLite: true },
          COUNTED: { className: "CountedSubject", useSQLite: true },
          SUBJECT: { className: "Subject", scriptName: "licenzy-runtime", useSQLite: true },
          KEYRING: { className: "Keyring", scriptName: "licenzy-runtime", useSQLite: true },
        },
        unsafeDirectSockets: [{ host, port: 0 }],
      },
    ],
  });
  await mf.ready;
  await applyMigrations(await mf.getD1Database("DB", "licenzy-runtime"), await readMigrations());
  const portOf = async (name: string) => Number((await mf.unsafeGetDirectURL(name)).port);
  const benchPort = await portOf("licenzy-bench");

  const control = async <T>(path: string, body: unknown): Promise<T> => {
    const response = await fetch(`http://${host}:${benchPort}${path}`, {
      method: "POST",
      body: JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as T;
  };
  const projectId = newId("prj");
  const apiKeys = Array.from({ length: keys }, () => newApiKey("test", "weur", projectId));
  await control("/keys", { projectId, keyHashes: apiKeys.map((key) => parseApiKey(key)?.hash) });
  return {
    runtimePort: await portOf("licenzy-runtime"),
    benchPort,
    projectId,
    apiKeys,
    control,
    async stop() {
      await mf.dispose();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
