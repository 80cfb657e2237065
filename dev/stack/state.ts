import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { startCrons } from "./crons.ts";
import { applyMigrations, readMigrations } from "./migrations.ts";
import { reservePort } from "./ports.ts";
import { loadSecrets, type StackSecrets } from "./secrets.ts";
import { openStateFormat } from "./state-format.ts";
import { lockState, refuseIfHeld } from "./state-lock.ts";

export interface StateOptions {
  /** 0 takes any free port. */
  port: number;
  /** The folder of D1 and the Durable Objects. */
  stateDir: string;
  /** Default: secrets.json in `stateDir`. */
  secretsFile?: string;
  /** How many data databases there are at least. Default: as many as the state has, else 1. */
  databases?: number;
}

export interface OpenState {
  origin: string;
  port: number;
  secrets: StackSecrets;
  /** How many data databases there are: never fewer than before. */
  databases: number;
  /**
   * Call once the workers answer: applies the migrations, then starts the crons unless `cronEveryMs` is 0.
   */
  ready(cronEveryMs: number): Promise<void>;
  /** Adds a step to `stop`. The last step added runs first. */
  onStop(step: () => unknown): void;
  /** Undoes all steps and releases the state. May be called twice. */
  stop(): Promise<void>;
}

/**
 * Claims a state folder and a port for one stack. Checks everything that a person may have to fix before
 * bundling, which takes seconds. Throws StackError.
 */
export async function openState(options: StateOptions): Promise<OpenState> {
  // The state first: "already running" says more than "the port is taken".
  await refuseIfHeld(options.stateDir);
  const port = await reservePort(options.port);
  const origin = `http://localhost:${port}`;
  const migrations = await readMigrations();
  const steps: (() => unknown)[] = [];
  const stop = async () => {
    for (let step = steps.pop(); step !== undefined; step = steps.pop()) await step();
  };
  try {
    await mkdir(options.stateDir, { recursive: true });
    const lock = await lockState(options.stateDir, origin);
    steps.push(() => lock.release());
    const format = await openStateFormat(options.stateDir, migrations, options.databases ?? 1);
    const secrets = await loadSecrets(options.secretsFile ?? join(options.stateDir, "secrets.json"));
    return {
      origin,
      port,
      secrets,
      databases: format.databases,
      async ready(cronEveryMs) {
        await applyMigrations(`${origin}/__dev/migrations`, migrations);
        await format.record();
        if (cronEveryMs > 0) steps.push(startCrons(origin, cronEveryMs));
      },
      onStop: (step) => steps.push(step),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
