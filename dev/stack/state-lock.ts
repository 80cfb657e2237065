import { createHash } from "node:crypto";
import { rm } from "node:fs/promises";
import { connect, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { StackError } from "./stack-error.ts";

export interface StackHolder {
  pid: number;
  origin: string;
}

/**
 * Locks a state folder, which only one process may write. The lock is a listening socket, not a file with a
 * process id, because process ids are reused. The kernel closes the socket when the process ends for any
 * reason.
 */
export async function lockState(stateDir: string, origin: string): Promise<{ release(): Promise<void> }> {
  const path = lockPath(stateDir);
  await refuseIfHeld(stateDir);
  // No process responds, so a killed process left the name.
  await rm(path, { force: true });
  const self: StackHolder = { pid: process.pid, origin };
  const server = createServer((socket) => socket.end(JSON.stringify(self)));
  await listen(server, path);
  server.unref();
  return { release: () => new Promise((done) => server.close(() => done())) };
}

/** Throws if a stack runs on the folder. Call before changing the folder as a whole. */
export async function refuseIfHeld(stateDir: string): Promise<void> {
  const holder = await findHolder(stateDir);
  if (holder === undefined) return;
  throw new StackError(
    `A stack is already running on this state: ${holder.origin}, process ${holder.pid}. Stop it (Ctrl-C, or kill ${holder.pid}), then try again.`,
  );
}

/** Returns the stack that runs on the folder, if any. */
export function findHolder(stateDir: string): Promise<StackHolder | undefined> {
  return new Promise((done, fail) => {
    let text = "";
    const socket = connect(lockPath(stateDir));
    socket.setEncoding("utf8");
    socket.on("data", (chunk) => {
      text += chunk;
    });
    // No text: the holder was killed before it responded.
    socket.on("end", () => done(text === "" ? undefined : (JSON.parse(text) as StackHolder)));
    socket.on("error", (error: NodeJS.ErrnoException) => {
      if (["ENOENT", "ECONNREFUSED", "ECONNRESET"].includes(error.code ?? "")) done(undefined);
      else fail(error);
    });
  });
}

/**
 * Returns a path in the temporary folder, because the path of a socket is limited to about 100 characters.
 */
function lockPath(stateDir: string): string {
  const name = `licenzy-${createHash("sha256").update(resolve(stateDir)).digest("hex").slice(0, 16)}`;
  return process.platform === "win32" ? `\\\\.\\pipe\\${name}` : join(tmpdir(), `${name}.sock`);
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((done, fail) => {
    server.once("error", fail);
    server.listen(path, done);
  });
}
