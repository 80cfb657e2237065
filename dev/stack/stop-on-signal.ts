import type { Stack } from "./stack.ts";

/**
 * Stops the stack in order when this process gets a signal. Call it once the stack is up. A terminal may
 * deliver one Ctrl-C twice, through npm and directly; the second is ignored.
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
    // Miniflare's listeners would end the process at once, in the middle of a write.
    process.removeAllListeners(signal);
    process.on(signal, stop);
  }
}
