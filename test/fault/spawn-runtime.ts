import { join } from "node:path";
import { control, type RuntimePorts, type RuntimeStackOptions } from "../../dev/bench/runtime-stack.ts";
import type { VerificationReport } from "../../dev/entries/runtime/verification-entrypoint.ts";
import { ApiClient } from "../../dev/seed/api-client.ts";
import { host } from "../../dev/stack/ports.ts";
import { spawnReady } from "../../dev/stack/spawn-ready.ts";

export interface SpawnedRuntime {
  /** A caller of the runtime's own port, with nothing in front. */
  client(apiKey: string): ApiClient;
  ports: RuntimePorts;
  /** Ledger, state and D1 of every subject, compared. */
  verify(): Promise<VerificationReport>;
  /** SIGKILL to Node and workerd at once. */
  kill(): Promise<void>;
}

/** The real runtime worker on a Miniflare of its own, in a process group of its own. */
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
