import "./separate-connections.ts";
import { createWriteStream } from "node:fs";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { Log, LogLevel, Miniflare, type WorkerOptions } from "miniflare";
import { buildWorkers, type WorkerBundle } from "./build.ts";
import { type WorkerName, workerNames } from "./paths.ts";
import { host } from "./ports.ts";
import type { StackSecrets } from "./secrets.ts";
import { openState } from "./state.ts";
import { type StackWorkerOptions, workerOptions } from "./worker-options.ts";
import { leashWorkerd } from "./workerd-leash.ts";

export interface StackOptions {
  /** 0 takes any free port. */
  port: number;
  /** The folder of D1 and the Durable Objects. One stack at a time uses it. */
  stateDir: string;
  /** Default: secrets.json in `stateDir`. */
  secretsFile?: string;
  /** Gives each worker its own port, without the gateway. For benchmarks and fault tests. */
  directSockets?: true;
  /** How many data databases there are at least. Default: as many as the state has, else 1. */
  databases?: number;
  /** Where requests for api.stripe.com go, without `/v1`. Default: the stack's own pocket Stripe. */
  stripeBase?: string;
  /**
   * Milliseconds between two rounds of cron jobs, default 5,000. 0 starts none: the caller posts to
   * /__dev/cron.
   */
  cronEveryMs?: number;
  /** The file for the workers' log lines. Default: this process's output. */
  logFile?: string;
  /** Default: built now, or read from .dev/build if no source changed. */
  bundles?: WorkerBundle[];
  /** Replaces workers or changes their options. For measurements and tests. */
  alterWorkers?(workers: StackWorkerOptions[]): WorkerOptions[];
}

/** A running stack, whether Miniflare or `wrangler dev` runs it. */
export interface RunningStack {
  /** `http://localhost:<port>`, the one origin in front of all workers. */
  origin: string;
  secrets: StackSecrets;
  /** Stops everything and frees the port. The state stays. May be called twice. */
  stop(): Promise<void>;
}

export interface Stack extends RunningStack {
  /** The port of the gateway and, with `directSockets`, of every worker, by worker name. */
  ports: Partial<Record<WorkerName, number>> & { "licenzy-dev-gateway": number };
  mf: Miniflare;
}

/**
 * Stacks start one after another: workerd.sh reads the path of its pid file from this process's environment.
 */
let turn: Promise<unknown> = Promise.resolve();

/**
 * Starts all workers in one workerd, bound to 127.0.0.1, and applies migrations. The process may be killed at
 * any moment and started again on the same `stateDir`. Throws StackError when a person has to act.
 */
export function startStack(options: StackOptions): Promise<Stack> {
  const started = turn.then(() => start(options));
  turn = started.catch(() => undefined);
  return started;
}

async function start(options: StackOptions): Promise<Stack> {
  const state = await openState(options);
  const { origin, port, secrets, stop } = state;
  try {
    const bundles = options.bundles ?? (await buildWorkers());
    const leash = await leashWorkerd(options.stateDir);
    state.onStop(() => leash.release());
    const workers = workerOptions({
      bundles,
      origin,
      gatewayPort: port,
      directSockets: options.directSockets === true,
      stripeBase: options.stripeBase,
      databases: state.databases,
      secrets,
    });
    const mf = new Miniflare({
      host,
      port: 0,
      cf: false,
      log: new Log(LogLevel.WARN),
      // The layout of `wrangler dev --persist-to`, so that npm start and npm run dev share their state.
      d1Persist: join(options.stateDir, "v3/d1"),
      durableObjectsPersist: join(options.stateDir, "v3/do"),
      ...logTo(options.logFile),
      workers: options.alterWorkers?.(workers) ?? workers,
    });
    state.onStop(() => mf.dispose());
    await mf.ready;
    await state.ready(options.cronEveryMs ?? 5_000);
    const ports = await findPorts(mf, port, options.directSockets === true);
    return { origin, ports, mf, secrets, stop };
  } catch (error) {
    await stop();
    throw error;
  }
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
