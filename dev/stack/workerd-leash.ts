import { existsSync } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { StackError } from "./stack-error.ts";
import { whenThisProcessEnds } from "./watchman.ts";

/**
 * Makes workerd end with this process. workerd does not notice its parent's death: after a SIGKILL of Node
 * alone it would keep the port and continue to write the state. So workerd.sh starts it and records its
 * process id for a watchman.
 *
 * Call `leashWorkerd` before Miniflare is made and `release` after it is disposed.
 */
export async function leashWorkerd(stateDir: string): Promise<{ release(): void }> {
  // Windows has no POSIX shell, so only Miniflare's own cleanup applies there.
  if (process.platform === "win32") return { release: () => undefined };
  const pidFile = join(stateDir, "workerd.pid");
  await waitForEarlierWorkerd(pidFile);
  process.env["LICENZY_WORKERD"] ??= process.env["MINIFLARE_WORKERD_PATH"] ?? workerdPath();
  process.env["MINIFLARE_WORKERD_PATH"] = join(import.meta.dirname, "workerd.sh");
  process.env["LICENZY_WORKERD_PID_FILE"] = pidFile;
  // Canceled once workerd is gone, because another process may get its process id.
  return { release: whenThisProcessEnds('kill -9 "$(cat "$0")" 2>/dev/null', pidFile) };
}

/** Waits until an earlier workerd has ended, because two on one state would corrupt it. */
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
  // Process ids are reused. Without /proc, assume that the process is workerd.
  if (!existsSync("/proc/self/cmdline")) return true;
  const commandLine = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
  return commandLine.includes("workerd");
}

/** Returns the path of the binary that Miniflare starts. */
export function workerdPath(): string {
  const fromMiniflare = createRequire(createRequire(import.meta.url).resolve("miniflare"));
  return (fromMiniflare("workerd") as { default: string }).default;
}
