import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

export interface ProcessGroup {
  /** Settles when the first process of the group has ended, with the reason. */
  ended: Promise<string>;
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
 * Starts a Node program in a new process group. Ending `wrangler` alone leaves its workerd processes running, so the
 * group is ended as a whole. It also ends when this process is killed: a watchman waits on a pipe that only this process
 * holds, and kills the group when the pipe closes.
 */
export function startGroup(args: string[], { cwd, env, onLine }: GroupOptions): ProcessGroup {
  const child = spawn(process.execPath, args, {
    cwd,
    env,
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const group = child.pid ?? 0;
  for (const input of [child.stdout, child.stderr]) createInterface({ input }).on("line", onLine);
  const watchman = spawn("/bin/sh", ["-c", 'cat >/dev/null; kill -9 -- "-$0" 2>/dev/null', String(group)], {
    detached: true,
    stdio: ["pipe", "ignore", "ignore"],
  });
  watchman.unref();
  // Typed as a stream, is a socket: it must not keep Node running.
  (watchman.stdin as unknown as { unref(): void }).unref();
  const ended = once(child, "exit").then(([code, signal]) => String(code ?? signal));
  return {
    ended,
    async stop(graceMs = 5_000) {
      signalGroup(group, "SIGTERM");
      const deadline = Date.now() + graceMs;
      while (signalGroup(group, 0)) {
        if (Date.now() > deadline) signalGroup(group, "SIGKILL");
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      watchman.kill("SIGKILL");
    },
  };
}

/** Returns whether the group still has a process. */
function signalGroup(group: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(-group, signal);
    return true;
  } catch {
    return false;
  }
}
