import { spawn } from "node:child_process";

/**
 * Runs a shell command with one argument, `$0`, when this process ends for any reason, SIGKILL included: a
 * watchman waits on a pipe that only this process holds. Returns a function that cancels it.
 *
 * Windows has no POSIX shell, so nothing happens there.
 */
export function whenThisProcessEnds(command: string, argument: string): () => void {
  if (process.platform === "win32") return () => undefined;
  // Detached, so that it outlives the process group that it guards.
  const watchman = spawn("/bin/sh", ["-c", `cat >/dev/null; ${command}`, argument], {
    detached: true,
    stdio: ["pipe", "ignore", "ignore"],
  });
  watchman.on("error", (error) => console.error(`No watchman: ${error.message}`));
  watchman.unref();
  // Typed as a stream but is a socket. It must not keep Node running either.
  (watchman.stdin as unknown as { unref(): void }).unref();
  return () => watchman.kill("SIGKILL");
}
