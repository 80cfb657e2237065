import { exports } from "cloudflare:workers";
import type { DeliveryMessage } from "../../shared/db/outbound-events.ts";
import type { DeliveriesEnv } from "../../workers/deliveries/env.ts";
import type { MaintenanceEntrypoint } from "../../workers/runtime/maintenance-entrypoint.ts";
import { deliveriesEnv } from "./endpoints.ts";

/** The runtime's entrypoint for crons, each call in a separate request. */
export const { MaintenanceEntrypoint: maintenance } = exports as unknown as {
  MaintenanceEntrypoint: MaintenanceEntrypoint;
};

/** Builds the environment of a cron: `sweep` runs the runtime's sweeps, `send` a lane. */
export function buildCronEnv(calls: {
  sweep: (name: string) => Promise<object>;
  send: (message: DeliveryMessage) => Promise<void>;
}): DeliveriesEnv {
  const RUNTIME = {
    sweep: calls.sweep,
    claimSubjectJobs: async () => [],
    runSubjectJob: async () => {},
    claimBulkJobs: async () => [],
    runBulkJob: async () => false,
    claimAccessAudits: async () => [],
    runAccessAudit: async () => false,
  };
  const LANES = { ...deliveriesEnv.LANES, send: calls.send };
  return { ...deliveriesEnv, RUNTIME, LANES } as unknown as DeliveriesEnv;
}
