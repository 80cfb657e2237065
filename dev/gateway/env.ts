import type { DevClock } from "./dev-clock.ts";
import type { Receiver } from "./receiver/receiver.ts";

/**
 * Functions of the other workers' entrypoints, declared structurally, since workers never import each
 * other. Arguments and results pass through as JSON, so only the entrypoints know their types.
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
  "act",
  "moveOperator",
  "ageProof",
  "unlistFindings",
] as const;
export type ProvisioningFunction = (typeof provisioningFunctions)[number];

export type Provisioning = Record<ProvisioningFunction, (...args: unknown[]) => Promise<unknown>>;

/** Runs the deliveries worker's operations by name (`run`), and reads what the seed and tests need. */
export const webhookFunctions = [
  "run",
  "listEndpoints",
  "listDeliveries",
  "readDelivery",
  "readJob",
] as const;
export type WebhookFunction = (typeof webhookFunctions)[number];

export type WebhookOperator = Record<WebhookFunction, (...args: unknown[]) => Promise<unknown>>;

export interface Verification {
  verifyAll(): Promise<unknown>;
  resyncAll(): Promise<unknown>;
}

export interface Sweeps {
  runAll(options?: { settle: boolean }): Promise<unknown>;
  nextDue(): Promise<number | null>;
}

export interface GatewayEnv {
  DB: D1Database;
  CLOCK: DurableObjectNamespace<DevClock>;
  RECEIVER: DurableObjectNamespace<Receiver>;
  RUNTIME: Fetcher;
  PORTAL: Fetcher;
  POCKET_STRIPE: Fetcher;
  PROVISIONING: Provisioning;
  WEBHOOK_OPERATOR: WebhookOperator;
  VERIFICATION: Verification;
  SWEEPS: Sweeps;
  /** The stack's own origin, `http://localhost:<port>`. */
  PUBLIC_ORIGIN: string;
  /** Where requests for Stripe go, without `/v1`. Missing: to pocket Stripe. */
  STRIPE_BASE?: string;
}
