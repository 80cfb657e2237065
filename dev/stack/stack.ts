import "./keep-alive.ts";
import { createWriteStream } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Readable } from "node:stream";
import type { D1Database } from "@cloudflare/workers-types";
import { Log, LogLevel, Miniflare, type WorkerOptions } from "miniflare";
import { buildWorkers, type WorkerBundle } from "./build.ts";
import { startCrons } from "./crons.ts";
import { applyMigrations, readMigrations } from "./migrations.ts";
import { type WorkerName, workerNames } from "./paths.ts";
import { host, reservePort } from "./ports.ts";
import { loadSecrets, type StackSecrets } from "./secrets.ts";
import { StackError } from "./stack-error.ts";
import { openStateFormat } from "./state-format.ts";
import { lockState, refuseIfHeld } from "./state-lock.ts";
import { type StackWorkerOptions, workerOptions } from "./worker-options.ts";
import { leashWorkerd } from "./workerd-leash.ts";

export interface StackOptions {
  /** 0 takes any free port. */
  port: number;
  /** D1 and Durable Objects live here. One stack at a time. */
  stateDir: string;
  /** Default: secrets.json in `stateDir`. */
  secretsFile?: string;
  /** Gives each worker a port of its own, without the gateway in front: for bench and fault tests. */
  directSockets?: true;
  /** Of a real Stripe test account: requests for api.stripe.com then go there. */
  stripeSecretKey?: string;
  /** Milliseconds between two rounds of sweeps, default 5,000. 0: none, the caller posts to /__dev/cron itself. */
  cronEveryMs?: number;
  /** Where the workers' own lines go; default: this process's output. */
  logFile?: string;
  /** Default: built now, or taken from .dev/build when nothing changed. */
  bundles?: WorkerBundle[];
  /** For measurements and tests: what runs instead of the workers as they are. */
  alterWorkers?(workers: StackWorkerOptions[]): WorkerOptions[];
}

export interface Stack {
  /** `http://localhost:<port>`, the one origin in front of all workers. */
  origin: string;
  /** The gateway's port and, with `directSockets`, that of every worker, by worker name. */
  ports: Partial<Record<WorkerName, number>> & { "licenzy-dev-gateway": number };
  mf: Miniflare;
  secrets: StackSecrets;
  /** Ends everything and frees the port. State stays. May be called twice. */
  stop(): Promise<void>;
}

/** Starting takes turns: workerd.sh is told where to leave its note through the environment of this process. */
let turn: Promise<unknown> = Promise.resolve();

/**
 * Brings up all workers in one workerd, bound to 127.0.0.1, with migrations applied. It may be killed at any
 * moment and started again on the same `stateDir`. Throws StackError when a person has to do something.
 */
export function startStack(options: StackOptions): Promise<Stack> {
  const started = turn.then(() => start(options));
  turn = started.catch(() => undefined);
  return started;
}

async function start(options: StackOptions): Promise<Stack> {
  // Asked first, because "already running" says more than "the port is taken".
  await refuseIfHeld(options.stateDir);
  const bundles = options.bundles ?? (await buildWorkers());
  const migrations = await readMigrations();
  const port = await reservePort(options.port);
  const origin = `http://localhost:${port}`;
  const undo: (() => unknown)[] = [];
  const stop = async () => {
    for (let step = undo.pop(); step !== undefined; step = undo.pop()) await step();
  };
  try {
    await mkdir(options.stateDir, { recursive: true });
    const lock = await lockState(options.stateDir, origin);
    undo.push(() => lock.release());
    const format = await openStateFormat(options.stateDir, migrations);
    const secrets = await loadSecrets(options.secretsFile ?? join(options.stateDir, "secrets.json"));
    const leash = await leashWorkerd(options.stateDir);
    undo.push(() => leash.release());

    const workers = workerOptions({
      bundles,
      origin,
      gatewayPort: port,
      directSockets: options.directSockets === true,
      realStripe: options.stripeSecretKey !== undefined,
      secrets,
    });
    const mf = new Miniflare({
      host,
      port: 0,
      cf: false,
      log: new Log(LogLevel.WARN),
      d1Persist: join(options.stateDir, "d1"),
      durableObjectsPersist: join(options.stateDir, "do"),
      ...logTo(options.logFile),
      workers: options.alterWorkers?.(workers) ?? workers,
    });
    undo.push(() => mf.dispose());
    await mf.ready;
    await applyMigrations(await openDatabase(mf, bundles), migrations);
    await format.record();
    if (options.cronEveryMs !== 0) undo.push(startCrons(origin, options.cronEveryMs ?? 5_000));
    const ports = await findPorts(mf, port, options.directSockets === true);
    return { origin, ports, mf, secrets, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Through one worker's binding. Every worker that binds `DB` must mean the same database, or they would drift. */
async function openDatabase(mf: Miniflare, bundles: WorkerBundle[]): Promise<D1Database> {
  const ids = new Set(bundles.flatMap(({ options }) => options.d1Databases["DB"]?.id ?? []));
  if (ids.size !== 1) {
    throw new StackError(
      `The wrangler files bind DB to ${ids.size} databases (${[...ids].join(", ")}); it must be one.`,
    );
  }
  return mf.getD1Database("DB", "licenzy-deliveries");
}

async function findPorts(
  mf: Miniflare,
  gatewayPort: number,
  directSockets: boolean,
): Promise<Stack["ports"]> {
  const ports: Stack["ports"] = { "licenzy-dev-gateway": gatewayPort };
  if (!directSockets) return ports;
  for (const name of workerNames) ports[name] = Number((await mf.unsafeGetDirectURL(name)).port);
  return ports;
}

function logTo(file: string | undefined): { handleRuntimeStdio?(stdout: Readable, stderr: Readable): void } {
  if (file === undefined) return {};
  return {
    handleRuntimeStdio(stdout, stderr) {
      const log = createWriteStream(file);
      stdout.pipe(log, { end: false });
      stderr.pipe(log, { end: false });
    },
  };
}
