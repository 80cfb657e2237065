import type { Stack } from "./stack.ts";

/**
 * Makes a signal an orderly end, for a process that exists for its stack. Call it once the stack is up.
 * A terminal may deliver one Ctrl-C twice (through npm and directly): once is meant.
 */
export function stopOnSignal(stack: Pick<Stack, "stop">, announce: () => void = () => undefined): void {
  let stopping = false;
  const stop = async () => {
    if (stopping) return;
    stopping = true;
    announce();
    await stack.stop();
    process.exit(0);
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    // Miniflare has listeners that end the process at once, in the middle of whatever is being written.
    process.removeAllListeners(signal);
    process.on(signal, stop);
  }
}
