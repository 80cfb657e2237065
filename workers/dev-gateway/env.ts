import type { DevClock } from "./dev-clock.ts";

/**
 * What the gateway uses of the other workers' entrypoints, told structurally: workers never import each other.
 * Arguments and results pass through as JSON, so their types are the entrypoints' own business.
 */
export const provisioningFunctions = [
  "createProject",
  "createProduct",
  "connectStripe",
  "createApiKey",
  "revokeApiKey",
  "setPlanStatus",
  "syncFromStripe",
  "adoptFromStripe",
  "retryEvent",
  "liftHold",
] as const;
export type ProvisioningFunction = (typeof provisioningFunctions)[number];

export type Provisioning = Record<ProvisioningFunction, (...args: unknown[]) => Promise<unknown>>;

export interface Maintenance {
  verifyAll(): Promise<unknown>;
  resyncAll(): Promise<unknown>;
}

export interface Sweeps {
  everyMinute(): Promise<unknown>;
}

export interface GatewayEnv {
  CLOCK: DurableObjectNamespace<DevClock>;
  RUNTIME: Fetcher;
  PORTAL: Fetcher;
  POCKET_STRIPE: Fetcher;
  PROVISIONING: Provisioning;
  MAINTENANCE: Maintenance;
  SWEEPS: Sweeps;
  /** The stack's own address, `http://localhost:<port>`. */
  PUBLIC_ORIGIN: string;
  /** Present when the stack was given the key of a real Stripe test account. */
  REAL_STRIPE?: string;
}
