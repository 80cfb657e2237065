import { join } from "node:path";
import { reservePort } from "./ports.ts";
import { spawnReady } from "./spawn-ready.ts";
import type { Stack, StackOptions } from "./stack.ts";
import { findHolder } from "./state-lock.ts";

export interface SpawnedStack {
  origin: string;
  ports: Stack["ports"];
  /** Sends SIGKILL to Node and workerd at once, like a power cut. Returns when port and state are free. */
  kill(): Promise<void>;
  /** Stops in order, after pending work. Returns when port and state are free. */
  stop(): Promise<void>;
  /** Returns the last lines that the stack and its workers printed, for a failed test. */
  output(): string;
}

/** The options of the child, passed as JSON. */
export type ChildOptions = Omit<StackOptions, "bundles">;

/** Starts a stack in a separate process and waits until it responds. */
export async function spawnStack(options: ChildOptions): Promise<SpawnedStack> {
  const main = join(import.meta.dirname, "child-main.ts");
  const child = await spawnReady<Pick<Stack, "origin" | "ports">>(main, options);
  const { origin, ports } = child.ready;
  const end = async (signal: "SIGKILL" | "SIGTERM") => {
    await child.end(signal);
    await waitUntilFree(options.stateDir, ports);
  };
  return {
    origin,
    ports,
    kill: () => end("SIGKILL"),
    stop: () => end("SIGTERM"),
    output: child.output,
  };
}

async function waitUntilFree(stateDir: string, ports: Stack["ports"]): Promise<void> {
  await Promise.all(Object.values(ports).map((port) => reservePort(port)));
  const holder = await findHolder(stateDir);
  if (holder !== undefined) throw new Error(`Process ${holder.pid} still holds ${stateDir}`);
}
