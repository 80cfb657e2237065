import { join } from "node:path";
import { control, type RuntimePorts, type RuntimeStackOptions } from "../../dev/bench/runtime-stack.ts";
import type { VerificationReport } from "../../dev/entries/runtime/verification-entrypoint.ts";
import { ApiClient } from "../../dev/seed/api-client.ts";
import { host } from "../../dev/stack/ports.ts";
import { spawnReady } from "../../dev/stack/spawn-ready.ts";

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
