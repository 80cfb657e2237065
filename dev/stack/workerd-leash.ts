import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { StackError } from "./stack-error.ts";

/**
 * workerd is a child that does not notice its parent's death: after a SIGKILL of Node alone it would stay, hold
 * the port and keep writing the state. So it is started through workerd.sh, which notes its process id, and a
 * watchman sleeps on a pipe that only this process holds: when the pipe closes, for whatever reason, it kills.
 *
 * Call `leashWorkerd` before Miniflare is made and `release` after it is disposed.
 */
export async function leashWorkerd(stateDir: string): Promise<{ release(): void }> {
  // There is no POSIX shell to lean on; Windows is left with what Miniflare does by itself.
  if (process.platform === "win32") return { release: () => undefined };
  const pidFile = join(stateDir, "workerd.pid");
  await waitForEarlierWorkerd(pidFile);
  process.env["LICENZY_WORKERD"] ??= process.env["MINIFLARE_WORKERD_PATH"] ?? workerdPath();
  process.env["MINIFLARE_WORKERD_PATH"] = join(import.meta.dirname, "workerd.sh");
  process.env["LICENZY_WORKERD_PID_FILE"] = pidFile;
  // Detached, so that it outlives the process group that it guards.
  const watchman = spawn("/bin/sh", ["-c", 'cat >/dev/null; kill -9 "$(cat "$0")" 2>/dev/null', pidFile], {
    detached: true,
    stdio: ["pipe", "ignore", "ignore"],
  });
  watchman.on("error", (error) => console.error(`No watchman for workerd: ${error.message}`));
  watchman.unref();
  // Typed as a stream, is a socket: it must not keep Node alive either.
  (watchman.stdin as unknown as { unref(): void }).unref();
  return {
    release() {
      // workerd is gone, and its number may be somebody else's soon.
      watchman.kill("SIGKILL");
    },
  };
}

/** Two workerds on one state would corrupt it, so an earlier one must be gone; normally it is already. */
async function waitForEarlierWorkerd(pidFile: string): Promise<void> {
  if (!existsSync(pidFile)) return;
  const pid = Number((await readFile(pidFile, "utf8")).trim());
  const deadline = Date.now() + 3_000;
  while (Number.isInteger(pid) && pid > 0 && (await isWorkerd(pid))) {
    if (Date.now() > deadline) {
      throw new StackError(
        `Process ${pid} of an earlier stack still runs: end it with kill -9 ${pid}, then start again.`,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  await rm(pidFile, { force: true });
}

async function isWorkerd(pid: number): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  // Numbers are reused. Where there is no /proc to ask, believe the number.
  if (!existsSync("/proc/self/cmdline")) return true;
  const commandLine = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
  return commandLine.includes("workerd");
}

/** Returns the path of the binary that Miniflare starts. */
export function workerdPath(): string {
  const fromMiniflare = createRequire(createRequire(import.meta.url).resolve("miniflare"));
  return (fromMiniflare("workerd") as { default: string }).default;
}
