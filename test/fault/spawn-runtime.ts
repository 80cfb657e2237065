import { join } from "node:path";
import { control, type RuntimePorts, type RuntimeStackOptions } from "../../scripts/bench/runtime-stack.ts";
import { ApiClient } from "../../scripts/seed/api-client.ts";
import { host } from "../../scripts/stack/ports.ts";
import { spawnReady } from "../../scripts/stack/spawn-ready.ts";
import type { VerificationReport } from "../../workers/runtime/maintenance-entrypoint.ts";

export interface SpawnedRuntime {
  /** Returns a client of the runtime's own port, without the gateway. */
  client(apiKey: string): ApiClient;
  ports: RuntimePorts;
  /** Compares ledger, state and D1 of every subject. */
  verify(): Promise<VerificationReport>;
  /** Sends SIGKILL to Node and workerd together. */
  kill(): Promise<void>;
}

/** Starts the real runtime worker in a separate Miniflare and process group. */
export async function spawnRuntime(options: RuntimeStackOptions): Promise<SpawnedRuntime> {
  const child = await spawnReady<RuntimePorts>(join(import.meta.dirname, "runtime-child.ts"), options);
  const ports = child.ready;
  return {
    ports,
    client: (apiKey) => new ApiClient(`http://${host}:${ports.runtimePort}`, apiKey),
    verify: () => control(ports, "/verify", {}),
    kill: () => child.end("SIGKILL"),
  };
}
