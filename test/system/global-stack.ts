import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { PortalClient } from "../../dev/seed/portal-client.ts";
import { startStack } from "../../dev/stack/stack.ts";

declare module "vitest" {
  export interface ProvidedContext {
    origin: string;
    /** The only owner of the stack's portal. Tests invite other operators as this owner. */
    owner: { email: string; password: string };
  }
}

/** Starts one stack for all system tests. Each test creates its own project in it. */
export default async function globalStack(project: TestProject): Promise<() => Promise<void>> {
  const stateDir = await mkdtemp(join(tmpdir(), "licenzy-system-"));
  const stack = await startStack({
    port: 0,
    stateDir,
    cronEveryMs: 0,
    logFile: join(stateDir, "workers.log"),
  });
  project.provide("origin", stack.origin);
  const owner = { email: "owner@tests.example", password: randomBytes(12).toString("hex") };
  await new PortalClient(stack.origin).submit("/setup", {
    token: stack.secrets.setupToken,
    name: "Owner",
    account: "Tests",
    project: "tests",
    region: "weur",
    ...owner,
  });
  project.provide("owner", owner);
  return async () => {
    await stack.stop();
    await rm(stateDir, { recursive: true, force: true });
  };
}
