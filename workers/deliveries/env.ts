import type { ClaimedDelivery } from "../../shared/db/claim-delivery.ts";
import type { WebhookScope } from "../../shared/db/endpoints.ts";
import type { DeliveryWakeUp } from "../../shared/db/write-events.ts";
import type { DevService } from "../../shared/kit/dev-service.ts";
import type { Metered } from "../../shared/kit/metrics.ts";

/** A wake-up for one row of the Stripe inbox. */
export interface StripeRetryMessage {
  connectionId: string;
  eventId: string;
}

/** What this worker asks of the runtime, over RPC: its `MaintenanceEntrypoint`. Workers never import each other. */
export interface RuntimeMaintenance {
  tryEvent(key: StripeRetryMessage): Promise<void>;
  sweepInbox(): Promise<{ tried: number }>;
  forgetOldEvents(): Promise<{ forgotten: number }>;
  sweepMissedEvents(): Promise<{ swept: number; found: number }>;
  sweepExpiries(): Promise<{ woken: number }>;
  sweepReviews(): Promise<{ reviewed: number }>;
  sweepKeyrings(): Promise<{ finished: number; failed: number }>;
  sweepErasures(): Promise<{ finished: number; unfinished: number }>;
  stalledSubjectJobs(): Promise<string[]>;
  runSubjectJob(jobId: string): Promise<void>;
  restoreEvents(
    scope: WebhookScope,
    request: { since: number; eventTypes: string[]; writtenAt: number },
    after: string,
  ): Promise<{ after: string | null }>;
}

/** This worker's own `Lanes`, called over RPC so that each lane is an invocation of its own. */
export interface LanesRpc {
  goOn(claimed: ClaimedDelivery): Promise<void>;
  send(wakeUp: DeliveryWakeUp): Promise<void>;
  runJob(jobId: string): Promise<void>;
}

/** The bindings of the deliveries worker (wrangler.toml), and what only development or a secret adds. */
export interface DeliveriesEnv extends Metered {
  RUNTIME: RuntimeMaintenance;
  DB: D1Database;
  DELIVERIES: Queue<DeliveryWakeUp>;
  LANES: LanesRpc;
  /** Secret; see docs/secrets.md. Seals the endpoints' signing secrets. */
  WEBHOOK_WRAPPING_KEYS: string;
  /** Set like a secret (docs/secrets.md): `https://…`, where we are reachable ourselves. No endpoint may be there. */
  PUBLIC_ORIGIN?: string;
  DEV?: DevService;
}
