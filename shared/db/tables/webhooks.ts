import { sql } from "drizzle-orm";
import { index, integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";
import { outboundEventTypes } from "../../contract/outbound-event.ts";
import {
  attemptErrors,
  attemptKinds,
  deliveryStates,
  endpointDisableReasons,
  modes,
} from "../../contract/words.ts";
import { moment } from "./columns.ts";

/**
 * Outbound webhooks. Events and new deliveries are written by the runtime's outbox, everything else by the deliveries
 * worker. Ids of events and deliveries begin with the time of the event, so that both sort by age without an index.
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
    disabledAt: moment("disabled_at"),
    disableReason: text("disable_reason", { enum: endpointDisableReasons }),
    /** JSON array, newest first (shared/webhooks/signing-secrets.ts); each sealed with the deliveries worker's key. */
    signingSecrets: text("signing_secrets").notNull(),
    /** When a 2xx last came, to the minute: written once a minute at most. */
    lastSuccessAt: moment("last_success_at"),
    /** Attempts that failed since the last 2xx. */
    consecutiveFailures: integer("consecutive_failures").notNull().default(0),
    /** When the first of them failed. */
    failingSince: moment("failing_since"),
    /** The breaker: nothing is sent before this moment. */
    pausedUntil: moment("paused_until"),
    createdAt: moment("created_at").notNull(),
    updatedAt: moment("updated_at").notNull(),
    /** A deleted endpoint stays as long as its deliveries are shown. */
    deletedAt: moment("deleted_at"),
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
    occurredAt: moment("occurred_at").notNull(),
    /** What is signed and sent, byte for byte. */
    body: text("body").notNull(),
    /** When the row was written; counts for how long it is kept. */
    createdAt: moment("created_at").notNull(),
  },
  (table) => [index("events_by_project").on(table.projectId, table.mode)],
);

export const deliveries = sqliteTable(
  "deliveries",
  {
    /** Made from the ids of event and endpoint (shared/db/write-events.ts): one delivery per pair. */
    deliveryId: text("delivery_id").primaryKey(),
    eventId: text("event_id").notNull(),
    endpointId: text("endpoint_id").notNull(),
    projectId: text("project_id").notNull(),
    mode: text("mode", { enum: modes }).notNull(),
    subjectRef: text("subject_ref"),
    eventType: text("event_type").notNull(),
    state: text("state", { enum: deliveryStates }).notNull(),
    /** Rises with every claim and every operator action: a wake-up that names an earlier one is stale. */
    epoch: integer("epoch").notNull().default(0),
    /** How many attempts were begun, and so the number of the last one. */
    attempts: integer("attempts").notNull().default(0),
    /** How many of them in the present run of the schedule; an operator's action starts it again. */
    attemptsInRun: integer("attempts_in_run").notNull().default(0),
    /** The schedule: when it is due. During an attempt, when the lease ends. `null` once nothing is scheduled. */
    nextAttemptAt: moment("next_attempt_at"),
    nextKind: text("next_kind", { enum: attemptKinds }).notNull().default("scheduled"),
    /** Set during an attempt. Who made the claim knows `leaseId`. */
    leaseUntil: moment("lease_until"),
    leaseId: text("lease_id"),
    lastStatus: integer("last_status"),
    lastError: text("last_error", { enum: attemptErrors }),
    createdAt: moment("created_at").notNull(),
    updatedAt: moment("updated_at").notNull(),
  },
  (table) => [
    index("deliveries_due").on(table.endpointId, table.nextAttemptAt).where(sql`next_attempt_at IS NOT NULL`),
    index("deliveries_under_way").on(table.endpointId).where(sql`lease_until IS NOT NULL`),
    index("deliveries_by_project").on(table.projectId, table.mode),
    index("deliveries_by_subject")
      .on(table.projectId, table.mode, table.subjectRef)
      .where(sql`subject_ref IS NOT NULL`),
    index("deliveries_by_endpoint").on(table.endpointId),
    // An answer of 2xx is found anywhere; one that is not may be the only one.
    index("deliveries_by_failed_status")
      .on(table.projectId, table.mode, table.lastStatus)
      .where(sql`last_status NOT BETWEEN 200 AND 299`),
    index("deliveries_in_trouble").on(table.projectId, table.mode).where(sql`state IN ('failed', 'dead')`),
  ],
);

/** Written when the attempt begins and completed when it ends: what a receiver saw is never missing here. */
export const deliveryAttempts = sqliteTable(
  "delivery_attempts",
  {
    deliveryId: text("delivery_id").notNull(),
    number: integer("number").notNull(),
    kind: text("kind", { enum: attemptKinds }).notNull(),
    startedAt: moment("started_at").notNull(),
    /** `null` while it is under way. */
    durationMs: integer("duration_ms"),
    httpStatus: integer("http_status"),
    /** `null` after a 2xx. */
    error: text("error", { enum: attemptErrors }),
    /** What the error says, or the beginning of the reply: at most 2 KB. */
    excerpt: text("excerpt"),
  },
  (table) => [primaryKey({ columns: [table.deliveryId, table.number] })],
);

/** Work on many deliveries, done page by page so that it can be watched and stopped. */
export const deliveryJobs = sqliteTable(
  "delivery_jobs",
  {
    jobId: text("job_id").primaryKey(),
    projectId: text("project_id").notNull(),
    mode: text("mode", { enum: modes }).notNull(),
    kind: text("kind", { enum: ["requeue", "replay"] }).notNull(),
    /** JSON: which deliveries or events (shared/db/delivery-jobs.ts). */
    selection: text("selection").notNull(),
    status: text("status", { enum: ["running", "stopped", "finished"] }).notNull(),
    /** A replay may have to bring events back from the ledgers before it can deliver them. */
    phase: text("phase", { enum: ["ledger", "deliveries"] }).notNull(),
    /** The last delivery or event that was looked at; in the phase `ledger`, the last subject. */
    cursor: text("cursor").notNull(),
    /** How many there were when the job began, and how many are done. */
    total: integer("total").notNull(),
    done: integer("done").notNull().default(0),
    actorId: text("actor_id").notNull(),
    createdAt: moment("created_at").notNull(),
    updatedAt: moment("updated_at").notNull(),
  },
  (table) => [
    index("delivery_jobs_by_project").on(table.projectId, table.mode),
    index("delivery_jobs_running").on(table.jobId).where(sql`status = 'running'`),
  ],
);
