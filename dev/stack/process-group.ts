import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { whenThisProcessEnds } from "./watchman.ts";

export interface ProcessGroup {
  /** Settles when the first process of the group has ended, with its exit code or signal. */
  ended: Promise<string>;
  /** Settles when the group's output has ended too. */
  closed: Promise<unknown>;
  /** SIGTERM to the group; SIGKILL to what is left of it after `graceMs`. Returns when the group is gone. */
  stop(graceMs?: number): Promise<void>;
}

export interface GroupOptions {
  cwd: string;
  env: NodeJS.ProcessEnv;
  /** Gets each line that the group prints. */
  onLine(line: string): void;
}

/**
 * Starts a Node program in a new process group. Ending `wrangler` alone leaves its child processes running,
 * so the group is ended as a whole. It also ends when this process is killed.
 */
export function startGroup(args: string[], { cwd, env, onLine }: GroupOptions): ProcessGroup {
  const child = spawn(process.execPath, args, {
    cwd,
    env,
    // Windows has no process groups: there a detached process would get a console window.
    detached: process.platform !== "win32",
    stdio: ["ignore", "pipe", "pipe"],
  });
  const group = child.pid ?? 0;
  for (const input of [child.stdout, child.stderr]) createInterface({ input }).on("line", onLine);
  const cancelWatchman = whenThisProcessEnds('kill -9 "-$0" 2>/dev/null', String(group));
  const ended = once(child, "exit").then(([code, signal]) => String(code ?? signal));
  return {
    ended,
    closed: once(child, "close"),
    async stop(graceMs = 5_000) {
      signalGroup(group, "SIGTERM");
      const deadline = Date.now() + graceMs;
      while (signalGroup(group, 0)) {
        if (Date.now() > deadline) signalGroup(group, "SIGKILL");
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      cancelWatchman();
    },
  };
}

/** Returns whether the group still has a process. */
function signalGroup(group: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(process.platform === "win32" ? group : -group, signal);
    return true;
  } catch {
    return false;
  }
}
