import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { rootDir } from "./paths.ts";
import { reservePort } from "./ports.ts";
import type { Stack, StackOptions } from "./stack.ts";
import { findHolder } from "./state-lock.ts";

export interface SpawnedStack {
  origin: string;
  ports: Stack["ports"];
  /** SIGKILL to Node and workerd at the same time, as a power cut; returns when port and state are free again. */
  kill(): Promise<void>;
  /** Ends in order, with everything under way; returns when port and state are free again. */
  stop(): Promise<void>;
  /** The last lines that the stack and its workers printed, for a failed test. */
  output(): string;
}

/** What the child is started with: a value that survives JSON. */
export type ChildOptions = Omit<StackOptions, "bundles">;

export const readyMark = "LICENZY_STACK_READY ";
const linesKept = 200;

/**
 * Starts a stack in a process group of its own and waits until it answers. It ends by itself when this process
 * does, because its standard input closes.
 */
export async function spawnStack(options: ChildOptions): Promise<SpawnedStack> {
  const main = join(import.meta.dirname, "child-main.ts");
  const child = spawn(process.execPath, ["--import", "tsx", main, JSON.stringify(options)], {
    cwd: rootDir,
    detached: true,
    stdio: ["pipe", "pipe", "pipe"],
  });
  const exited = once(child, "exit");
  const lines: string[] = [];
  const keep = (line: string) => {
    lines.push(line);
    if (lines.length > linesKept) lines.shift();
  };
  createInterface({ input: child.stderr }).on("line", keep);
  const ready = new Promise<Pick<Stack, "origin" | "ports">>((resolve, reject) => {
    createInterface({ input: child.stdout }).on("line", (line) => {
      if (line.startsWith(readyMark)) resolve(JSON.parse(line.slice(readyMark.length)));
      else keep(line);
    });
    child.once("error", reject);
    exited.then(([code, signal]) => {
      reject(new Error(`The stack ended before it was ready (${code ?? signal}):\n${lines.join("\n")}`));
    }, reject);
  });
  const { origin, ports } = await ready;

  const end = async (signal: "SIGKILL" | "SIGTERM") => {
    signalChild(child, signal);
    await exited;
    await waitUntilFree(options.stateDir, ports);
  };
  return {
    origin,
    ports,
    kill: () => end("SIGKILL"),
    stop: () => end("SIGTERM"),
    output: () => lines.join("\n"),
  };
}

/** A kill is for the whole group, hence for workerd too; an orderly end is for Node, which ends workerd itself. */
function signalChild(child: ChildProcess, signal: "SIGKILL" | "SIGTERM"): void {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  process.kill(signal === "SIGKILL" ? -child.pid : child.pid, signal);
}

async function waitUntilFree(stateDir: string, ports: Stack["ports"]): Promise<void> {
  await Promise.all(Object.values(ports).map((port) => reservePort(port)));
  const holder = await findHolder(stateDir);
  if (holder !== undefined) throw new Error(`Process ${holder.pid} still holds ${stateDir}`);
}
