import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, vi } from "vitest";
import { rootDir } from "../../../dev/stack/paths.ts";

const hasProc = existsSync("/proc/self/cmdline");

/** Returns the running processes, each with its arguments. */
async function listProcesses(): Promise<[pid: number, args: string[]][]> {
  const pids = (await readdir("/proc")).map(Number).filter((pid) => pid > 0);
  return Promise.all(
    pids.map(async (pid): Promise<[number, string[]]> => {
      const command = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
      return [pid, command.split("\0")];
    }),
  );
}

/** Returns the processes of the build into `outDir`, but `parent`. */
async function listBuilders(outDir: string, parent: number): Promise<number[]> {
  const processes = await listProcesses();
  return processes
    .filter(([pid, args]) => pid !== parent && args.some((arg) => arg.includes(outDir)))
    .map(([pid]) => pid);
}

/** Returns whether a process is there that ends the build with its parent. It starts a moment after the build. */
async function isWatched(builders: number[]): Promise<boolean> {
  const processes = await listProcesses();
  return processes.some(([, args]) => builders.some((pid) => args.includes(String(pid))));
}

it.skipIf(!hasProc)(
  "a build ends when the process that started it is killed",
  { timeout: 60_000 },
  async () => {
    const outDir = await mkdtemp(join(tmpdir(), "licenzy-orphan-"));
    const build = join(rootDir, "dev/stack/build.ts");
    const script = `import(${JSON.stringify(build)}).then((build) =>
    build.bundleWorker("workers/deliveries/wrangler.toml", ${JSON.stringify(join(outDir, "bundle"))}))`;
    const parent = spawn(process.execPath, ["--import", "tsx", "--eval", script], {
      cwd: rootDir,
      stdio: "inherit",
    });
    const exited = once(parent, "exit");
    try {
      const running = () => listBuilders(outDir, parent.pid ?? 0);
      await vi.waitFor(async () => expect(await isWatched(await running())).toBe(true), {
        timeout: 30_000,
        interval: 20,
      });
      parent.kill("SIGKILL");
      await exited;
      await vi.waitFor(async () => expect(await running()).toEqual([]), { timeout: 3_000, interval: 20 });
      // It was killed in the middle of its work, and did not end because the work was done.
      expect(existsSync(join(outDir, "bundle/index.js"))).toBe(false);
    } finally {
      parent.kill("SIGKILL");
      await rm(outDir, { recursive: true, force: true });
    }
  },
);
