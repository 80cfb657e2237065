/** A wake-up for one row of the Stripe inbox. */
export interface StripeRetryMessage {
  connectionId: string;
  eventId: string;
}

/** What this worker asks of the runtime, over RPC: its `MaintenanceEntrypoint`. Workers never import each other. */
export interface RuntimeMaintenance {
  tryEvent(key: StripeRetryMessage): Promise<void>;
  sweepInbox(): Promise<{ tried: number }>;
  sweepMissedEvents(): Promise<{ swept: number; found: number }>;
  sweepExpiries(): Promise<{ woken: number }>;
  sweepReviews(): Promise<{ reviewed: number }>;
  sweepKeyrings(): Promise<{ finished: number; failed: number }>;
}

export interface DeliveriesEnv {
  RUNTIME: RuntimeMaintenance;
}
