import { sql } from "drizzle-orm";
import { index, integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";
import {
  deliveryAttemptErrors,
  deliveryAttemptKinds,
  deliveryStates,
  endpointDisableReasons,
  modes,
} from "../../contract/enums.ts";
import { outboundEventTypes } from "../../contract/outbound-event.ts";
import { timestampMs } from "./columns.ts";

/**
 * Outbound webhooks. The runtime's outbox writes events and new deliveries, and the deliveries worker writes
 * the rest. Ids of events and deliveries begin with the time of the event, so that both sort by age without
 * an index.
 */

export const endpoints = sqliteTable(
  "endpoints",
  {
    endpointId: text("endpoint_id").primaryKey(),
    projectId: text("project_id").notNull(),
    mode: text("mode", { enum: modes }).notNull(),
    url: text("url").notNull(),
    description: text("description").notNull(),
    /** JSON array of event types. */
    eventTypes: text("event_types", { mode: "json" })
      .$type<(typeof outboundEventTypes)[number][]>()
      .notNull(),
    isEnabled: integer("is_enabled", { mode: "boolean" }).notNull().default(true),
    disabledAt: timestampMs("disabled_at"),
    disableReason: text("disable_reason", { enum: endpointDisableReasons }),
    /**
     * JSON array, newest first (shared/webhooks/signing-secrets.ts). Each is sealed with the deliveries
     * worker's key.
     */
    signingSecrets: text("signing_secrets").notNull(),
    /** When the last 2xx arrived, to the minute: written at most once a minute. */
    lastSuccessAt: timestampMs("last_success_at"),
    /** The number of failed attempts since the last 2xx. */
    consecutiveFailures: integer("consecutive_failures").notNull().default(0),
    /** When the first of these attempts failed. */
    failingSince: timestampMs("failing_since"),
    /** The breaker: nothing is sent before this time. */
    pausedUntil: timestampMs("paused_until"),
    /**
     * The fault of this installation that keeps it from sending here, for example a missing secret, and since
     * when. Null when there is none. No attempt counts during it.
     */
    ownFault: text("own_fault"),
    ownFaultSince: timestampMs("own_fault_since"),
    createdAt: timestampMs("created_at").notNull(),
    updatedAt: timestampMs("updated_at").notNull(),
    /** A deleted endpoint is kept as long as its deliveries are listed. */
    deletedAt: timestampMs("deleted_at"),
  },
  (table) => [index("endpoints_by_project").on(table.projectId, table.mode)],
);

export const events = sqliteTable(
  "events",
  {
    eventId: text("event_id").primaryKey(),
    projectId: text("project_id").notNull(),
    mode: text("mode", { enum: modes }).notNull(),
    /** `null` for a test event. */
    subjectRef: text("subject_ref"),
    sequence: integer("sequence"),
    type: text("type", { enum: [...outboundEventTypes, "endpoint.test"] }).notNull(),
    occurredAt: timestampMs("occurred_at").notNull(),
    /** The body that is signed and sent, byte for byte. */
    body: text("body").notNull(),
    /** When the row was written. Retention counts from here. */
    createdAt: timestampMs("created_at").notNull(),
  },
  (table) => [index("events_by_project").on(table.projectId, table.mode)],
);

export const deliveries = sqliteTable(
  "deliveries",
  {
    /** Derived from the ids of event and endpoint (shared/db/outbound-events.ts): one delivery per pair. */
    deliveryId: text("delivery_id").primaryKey(),
    eventId: text("event_id").notNull(),
    endpointId: text("endpoint_id").notNull(),
    projectId: text("project_id").notNull(),
    mode: text("mode", { enum: modes }).notNull(),
    subjectRef: text("subject_ref"),
    eventType: text("event_type").notNull(),
    state: text("state", { enum: deliveryStates }).notNull(),
    /** Raised by every claim and every operator action. A queue message with an earlier epoch is stale. */
    epoch: integer("epoch").notNull().default(0),
    /** The number of attempts begun, and so the number of the last one. */
    attempts: integer("attempts").notNull().default(0),
    /**
     * The number of attempts in the current run of the schedule. An operator's retry restarts the schedule.
     */
    attemptsInRun: integer("attempts_in_run").notNull().default(0),
    /**
     * When the next attempt is due. During an attempt, the end of the lease. `null` when no attempt is
     * scheduled.
     */
    nextAttemptAt: timestampMs("next_attempt_at"),
    nextKind: text("next_kind", { enum: deliveryAttemptKinds }).notNull().default("scheduled"),
    /** Set during an attempt. `leaseId` identifies the claim. */
    leaseUntil: timestampMs("lease_until"),
    leaseId: text("lease_id"),
    lastStatus: integer("last_status"),
    lastError: text("last_error", { enum: deliveryAttemptErrors }),
    createdAt: timestampMs("created_at").notNull(),
    updatedAt: timestampMs("updated_at").notNull(),
  },
  (table) => [
    index("deliveries_due").on(table.endpointId, table.nextAttemptAt).where(sql`next_attempt_at IS NOT NULL`),
    index("deliveries_under_way").on(table.endpointId).where(sql`lease_until IS NOT NULL`),
    index("deliveries_by_project").on(table.projectId, table.mode),
    index("deliveries_by_subject")
      .on(table.projectId, table.mode, table.subjectRef)
      .where(sql`subject_ref IS NOT NULL`),
    index("deliveries_by_endpoint").on(table.endpointId),
    // Excludes 2xx, which is common; other statuses can be rare.
    index("deliveries_by_failed_status")
      .on(table.projectId, table.mode, table.lastStatus)
      .where(sql`last_status NOT BETWEEN 200 AND 299`),
    index("deliveries_dead").on(table.endpointId, table.updatedAt).where(sql`state = 'dead'`),
    index("deliveries_in_trouble").on(table.projectId, table.mode).where(sql`state IN ('failed', 'dead')`),
  ],
);

/**
 * Written when the attempt begins and completed when it ends, so that every request to a receiver is
 * recorded.
 */
export const deliveryAttempts = sqliteTable(
  "delivery_attempts",
  {
    deliveryId: text("delivery_id").notNull(),
    number: integer("number").notNull(),
    kind: text("kind", { enum: deliveryAttemptKinds }).notNull(),
    startedAt: timestampMs("started_at").notNull(),
    /** `null` while the attempt is in progress. */
    durationMs: integer("duration_ms"),
    httpStatus: integer("http_status"),
    /** `null` after a 2xx. */
    error: text("error", { enum: deliveryAttemptErrors }),
    /** The error message, or the beginning of the response body: at most 2 KB. */
    excerpt: text("excerpt"),
  },
  (table) => [primaryKey({ columns: [table.deliveryId, table.number] })],
);

/** Jobs over many deliveries, run page by page so that they can be monitored and stopped. */
export const deliveryJobs = sqliteTable(
  "delivery_jobs",
  {
    jobId: text("job_id").primaryKey(),
    projectId: text("project_id").notNull(),
    mode: text("mode", { enum: modes }).notNull(),
    kind: text("kind", { enum: ["requeue", "replay"] }).notNull(),
    /** JSON: the selected deliveries or events (shared/db/delivery-jobs.ts). */
    selection: text("selection").notNull(),
    status: text("status", { enum: ["running", "stopped", "finished"] }).notNull(),
    /** A replay may have to restore events from the ledgers before it can deliver them. */
    phase: text("phase", { enum: ["ledger", "deliveries"] }).notNull(),
    /** The last delivery or event that was processed; in the phase `ledger`, the last subject. */
    cursor: text("cursor").notNull(),
    /** The number of deliveries or events when the job began, and the number done. */
    total: integer("total").notNull(),
    done: integer("done").notNull().default(0),
    actorId: text("actor_id").notNull(),
    createdAt: timestampMs("created_at").notNull(),
    updatedAt: timestampMs("updated_at").notNull(),
  },
  (table) => [
    index("delivery_jobs_by_project").on(table.projectId, table.mode),
    index("delivery_jobs_running").on(table.jobId).where(sql`status = 'running'`),
  ],
);
