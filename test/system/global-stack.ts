import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { startStack } from "../../scripts/stack/stack.ts";

declare module "vitest" {
  export interface ProvidedContext {
    origin: string;
  }
}

/** One stack for all system tests; each test makes its own project in it. */
export default async function globalStack(project: TestProject): Promise<() => Promise<void>> {
  const stateDir = await mkdtemp(join(tmpdir(), "licenzy-system-"));
  const stack = await startStack({
    port: 0,
    stateDir,
    cronEveryMs: 0,
    logFile: join(stateDir, "workers.log"),
  });
  project.provide("origin", stack.origin);
  return async () => {
    await stack.stop();
    await rm(stateDir, { recursive: true, force: true });
  };
}
