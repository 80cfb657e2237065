import type { DevClock } from "./dev-clock.ts";
import type { Receiver } from "./receiver/receiver.ts";

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
  "act",
  "moveOperator",
  "ageProof",
] as const;
export type ProvisioningFunction = (typeof provisioningFunctions)[number];

export type Provisioning = Record<ProvisioningFunction, (...args: unknown[]) => Promise<unknown>>;

export const webhookFunctions = [
  "listEndpoints",
  "createEndpoint",
  "updateEndpoint",
  "disableEndpoint",
  "enableEndpoint",
  "deleteEndpoint",
  "revealSecret",
  "rotateSecret",
  "sendTestEvent",
  "listDeliveries",
  "readDelivery",
  "requeueDelivery",
  "resendDelivery",
  "countRequeueable",
  "requeueMany",
  "replayEvents",
  "listJobs",
  "readJob",
  "stopJob",
] as const;
export type WebhookFunction = (typeof webhookFunctions)[number];

interface OperatorCaller {
  sessionToken: string;
  ipAddress: string | null;
}

/** Each takes the caller's session before its arguments. */
export type WebhookOperator = Record<
  WebhookFunction,
  (caller: OperatorCaller, ...args: unknown[]) => Promise<unknown>
>;

export interface Maintenance {
  verifyAll(): Promise<unknown>;
  resyncAll(): Promise<unknown>;
}

export interface Sweeps {
  everyMinute(how?: { settle: boolean }): Promise<unknown>;
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
  MAINTENANCE: Maintenance;
  SWEEPS: Sweeps;
  /** The stack's own address, `http://localhost:<port>`. */
  PUBLIC_ORIGIN: string;
  /** Present when the stack was given the key of a real Stripe test account. */
  REAL_STRIPE?: string;
}
