import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { control, newProject, type RuntimePorts, startRuntimeStack } from "./runtime-stack.ts";

export interface BenchStack extends RuntimePorts {
  projectId: string;
  apiKeys: string[];
  /** Calls one of the bench worker's controls. */
  control<T>(path: string, body: unknown): Promise<T>;
  stop(): Promise<void>;
}

const keys = 32;

/** Starts the runtime with a project, on a temporary folder that `stop` removes. */
export async function startBenchStack(): Promise<BenchStack> {
  const folder = await mkdtemp(join(tmpdir(), "licenzy-bench-"));
  const stack = await startRuntimeStack({ folder });
  return {
    ...stack,
    ...(await newProject(stack, keys)),
    control: (path, body) => control(stack, path, body),
    async stop() {
      await stack.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
