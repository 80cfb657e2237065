import { createServer } from "node:net";
import { StackError } from "./stack-error.ts";

/** Loopback only: the development controls must never be reachable from another machine. */
export const host = "127.0.0.1";

/** Below the ports that the kernel assigns to outgoing connections, so that none takes one by chance. */
const freePorts = { from: 20_000, count: 12_000 };

/**
 * Checks that `port` can be bound, or finds a free one for 0. The start fails with a message if another
 * process takes the port before workerd binds it.
 */
export async function reservePort(port: number, waitMs = 2_000): Promise<number> {
  if (port === 0) return findFreePort();
  // A killed stack holds its port until the kernel has removed its process.
  const deadline = Date.now() + waitMs;
  for (;;) {
    const result = await tryPort(port);
    if (typeof result === "number") return result;
    if (result.code !== "EADDRINUSE") {
      throw new StackError(
        `Port ${port} cannot be used (${result.code}): choose another with PORT=8788 npm start.`,
      );
    }
    if (Date.now() > deadline) {
      throw new StackError(
        `Port ${port} is taken by another program: stop it, or choose another port with PORT=${port + 1} npm start.`,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function findFreePort(): Promise<number> {
  for (;;) {
    const result = await tryPort(freePorts.from + Math.floor(Math.random() * freePorts.count));
    if (typeof result === "number") return result;
    if (result.code !== "EADDRINUSE") throw new StackError(`No port can be bound (${result.code}).`);
  }
}

function tryPort(port: number): Promise<number | NodeJS.ErrnoException> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", resolve);
    server.listen(port, host, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : port));
    });
  });
}
