import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { rootDir } from "./paths.ts";

export interface SpawnedChild<Ready> {
  /** The value that the child passed to `sayReady`. */
  ready: Ready;
  /**
   * Sends the signal: SIGKILL to Node and workerd at once, like a power cut. Returns when the child is gone.
   */
  end(signal: "SIGKILL" | "SIGTERM"): Promise<void>;
  /** Returns the last lines that the child and its workers printed, for a failed test. */
  output(): string;
}

const readyMark = "LICENZY_READY ";
const linesKept = 200;

/**
 * Starts a TypeScript file in a new process group, with one argument as JSON, and waits until it calls
 * `sayReady`. The child ends when this process does, because its standard input closes.
 */
export async function spawnReady<Ready>(main: string, argument: unknown): Promise<SpawnedChild<Ready>> {
  const child = spawn(process.execPath, ["--import", "tsx", main, JSON.stringify(argument)], {
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
  const ready = await new Promise<Ready>((resolve, reject) => {
    createInterface({ input: child.stdout }).on("line", (line) => {
      if (line.startsWith(readyMark)) resolve(JSON.parse(line.slice(readyMark.length)) as Ready);
      else keep(line);
    });
    child.once("error", reject);
    exited.then(([code, signal]) => {
      reject(new Error(`The child ended before it was ready (${code ?? signal}):\n${lines.join("\n")}`));
    }, reject);
  });
  return {
    ready,
    async end(signal) {
      signalChild(child, signal);
      await exited;
    },
    output: () => lines.join("\n"),
  };
}

/**
 * Called by the child: reports `ready` to the parent. Stops this process in order when the parent is gone.
 */
export function sayReady(ready: unknown): void {
  // The parent holds the other end of the pipe. When the parent dies, no other process would stop this one.
  process.stdin.once("end", () => process.kill(process.pid, "SIGTERM")).resume();
  console.log(`${readyMark}${JSON.stringify(ready)}`);
}

/** SIGKILL goes to the whole group, workerd included. SIGTERM goes to Node, which stops workerd itself. */
function signalChild(child: ChildProcess, signal: "SIGKILL" | "SIGTERM"): void {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  process.kill(signal === "SIGKILL" ? -child.pid : child.pid, signal);
}
