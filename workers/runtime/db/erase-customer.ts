import { mentionsCustomerSql } from "../../../shared/db/audit.ts";
import type { Databases } from "../../../shared/db/databases.ts";
import { connectionIdOf } from "../../../shared/kit/ids.ts";
import { blankInConnection, blankInJobs } from "./erase-jobs.ts";
import { isRunning, isStillRunning, type RunningErasure, toParameters } from "./erase-parts.ts";

/**
 * Erases a customer's data from D1, in bounded parts that report where to continue.
 *
 * Guarantees: every statement applies only while its erasure is running. So a slow run that continues after another has
 * finished deletes nothing written later. Repeating a part changes nothing. A crash leaves the recorded progress.
 *
 * The audit log and the connection are in the control database, which does not know the erasure: their steps first check
 * whether it is running. What a run that stalls after that can still blank was written before the check.
 *
 * Assumes: the customer's object is already erased, and no new row is written for the customer while this runs. The
 * inserts of checkout attempts, Stripe objects and notes check it, and so does the object.
 */

interface Progress {
  step: number;
  /** Where the step continues; empty at its start. */
  after: string;
}

interface Part {
  /** Of one database. They run in one transaction. */
  statements: D1PreparedStatement[];
  /** The database of the statements: the data database unless it says otherwise. */
  database?: "control";
  /** Where the step continues after these statements; `null` when this is its last part. */
  next: string | null | ((results: D1Result[]) => string | null);
}

type Step = (databases: Databases, erasure: RunningErasure) => (after: string) => Promise<Part>;

const matchesCustomer = "project_id = ?2 AND mode = ?3 AND subject_ref = ?4";
const rowsPerPart = 500;

/** Deletes the customer's rows of `table`; `key` lists its primary key columns. */
const deleteRows =
  (table: string, key: string, where = matchesCustomer): Step =>
  ({ data: db }, erasure) =>
  async () => ({
    statements: [
      db
        .prepare(
          `DELETE FROM ${table}
           WHERE (${key}) IN (SELECT ${key} FROM ${table} WHERE ${where} LIMIT ${rowsPerPart})
           AND ${isRunning}`,
        )
        .bind(...toParameters(erasure)),
    ],
    next: ([deleted]) => ((deleted?.meta.changes ?? 0) < rowsPerPart ? null : "more"),
  });

/** Ends the customer's access in the counts of the overview, then deletes the row. */
const deleteSubject: Step =
  ({ data: db }, erasure) =>
  async () => ({
    statements: [
      db
        .prepare(
          `UPDATE subjects SET access = 'denied', access_changes_at = NULL, flushed_at = ?5
         WHERE ${matchesCustomer} AND ${isRunning}`,
        )
        .bind(...toParameters(erasure), erasure.askedAt),
      db
        .prepare(`DELETE FROM subjects WHERE ${matchesCustomer} AND ${isRunning}`)
        .bind(...toParameters(erasure)),
    ],
    next: null,
  });

/** Deletes deliveries and their attempts in one batch, so that no attempt begins in between. */
const deleteDeliveries: Step =
  ({ data: db }, erasure) =>
  async () => {
    const page = `SELECT delivery_id FROM deliveries WHERE ${matchesCustomer}
    ORDER BY delivery_id LIMIT ${rowsPerPart}`;
    return {
      statements: ["delivery_attempts", "deliveries"].map((table) =>
        db
          .prepare(`DELETE FROM ${table} WHERE delivery_id IN (${page}) AND ${isRunning}`)
          .bind(...toParameters(erasure)),
      ),
      next: ([, deleted]) => ((deleted?.meta.changes ?? 0) < rowsPerPart ? null : "more"),
    };
  };

/** Deletes the Stripe ids of the customer. */
const deleteStripeObjects: Step =
  ({ data: db }, erasure) =>
  async () => ({
    statements: [
      db
        .prepare(
          `DELETE FROM stripe_objects WHERE (connection_id, stripe_id) IN (SELECT connection_id, stripe_id
           FROM stripe_objects WHERE connection_id = ?3 AND subject_ref = ?2 LIMIT ${rowsPerPart})
         AND ${isRunning}`,
        )
        .bind(erasure.erasureId, erasure.subjectRef, connectionIdOf(erasure)),
    ],
    next: ([deleted]) => ((deleted?.meta.changes ?? 0) < rowsPerPart ? null : "more"),
  });

/**
 * Matches Stripe events about the customer: events assigned to the customer, and unassigned events that name
 * the customer in our metadata. Without such metadata, events that contain one of the customer's Stripe ids
 * match. An unsettled event does not match by a Stripe customer id alone: the same Stripe customer can pay
 * for two subjects.
 */
const isAboutCustomer = `CASE WHEN payload = '' THEN 0 WHEN subject_ref IS NOT NULL THEN subject_ref = ?4
  WHEN instr(payload, 'licenzy_subject_ref') > 0
    AND EXISTS (SELECT 1 FROM json_tree(payload) WHERE key = 'licenzy_subject_ref')
    THEN EXISTS (SELECT 1 FROM json_tree(payload) WHERE key = 'licenzy_subject_ref' AND atom = ?4)
  ELSE EXISTS (SELECT 1 FROM stripe_objects WHERE stripe_objects.connection_id = stripe_events.connection_id
    AND stripe_objects.subject_ref = ?4 AND instr(payload, '"' || stripe_id || '"') > 0
    AND (status IN ('applied', 'ignored') OR stripe_id NOT LIKE 'cus\\_%' ESCAPE '\\')) END`;

const eventsPerPart = 200;

/** Blanks the Stripe events. Their rows stay, so that an event that Stripe resends is recognized. */
const blankEvents: Step =
  ({ data: db }, erasure) =>
  async (after) => {
    const [receivedAt, eventId] = after === "" ? [-1, ""] : (JSON.parse(after) as [number, string]);
    const { results } = await db
      .prepare(
        `SELECT received_at AS receivedAt, event_id AS eventId FROM stripe_events
       WHERE project_id = ?1 AND mode = ?2 AND (received_at, event_id) > (?3, ?4)
       ORDER BY received_at, event_id LIMIT ${eventsPerPart}`,
      )
      .bind(erasure.projectId, erasure.mode, receivedAt, eventId)
      .all<{ receivedAt: number; eventId: string }>();
    const last = results.at(-1);
    if (last === undefined) return { statements: [], next: null };
    return {
      statements: [
        db
          .prepare(
            `UPDATE stripe_events SET payload = '', subject_ref = NULL, detail = 'erased', next_try_at = NULL,
             settled_at = coalesce(settled_at, ?9),
             status = CASE WHEN status IN ('received', 'failed') THEN 'ignored' ELSE status END
           WHERE project_id = ?2 AND mode = ?3 AND (received_at, event_id) > (?5, ?6)
             AND (received_at, event_id) <= (?7, ?8) AND ${isAboutCustomer} AND ${isRunning}`,
          )
          .bind(
            ...toParameters(erasure),
            receivedAt,
            eventId,
            last.receivedAt,
            last.eventId,
            erasure.askedAt,
          ),
      ],
      next: results.length < eventsPerPart ? null : JSON.stringify([last.receivedAt, last.eventId]),
    };
  };

const auditRowsPerPart = 1_000;

/** Blanks the audit entries. Operator, action and time stay; the customer and the changed values go. */
const blankAudit: Step =
  ({ control: db, data }, erasure) =>
  async (after) => {
    const inAccount = "account_id = (SELECT account_id FROM projects WHERE project_id = ?1)";
    const { results } = await db
      .prepare(
        `SELECT audit_id AS auditId FROM audit_log WHERE ${inAccount} AND audit_id > ?2
       ORDER BY audit_id LIMIT ${auditRowsPerPart}`,
      )
      .bind(erasure.projectId, after)
      .all<{ auditId: string }>();
    const last = results.at(-1)?.auditId;
    if (last === undefined || !(await isStillRunning(data, erasure))) return { statements: [], next: null };
    return {
      database: "control",
      statements: [
        db
          .prepare(
            `UPDATE audit_log SET before = NULL, after = NULL,
             target = CASE WHEN action LIKE 'customer.%' THEN ?6 ELSE target END
           WHERE ${inAccount} AND audit_id > ?4 AND audit_id <= ?5 AND project_id = ?1 AND mode = ?2
             AND ${mentionsCustomerSql("?3")}`,
          )
          .bind(erasure.projectId, erasure.mode, erasure.subjectRef, after, last, erasure.subjectHash),
      ],
      next: results.length < auditRowsPerPart ? null : last,
    };
  };

/** Removes the customer from jobs. */
const blankJobs: Step =
  ({ data }, erasure) =>
  async () => ({ statements: blankInJobs(data, erasure), next: null });

/** Removes the customer from the Stripe connection. */
const blankConnection: Step =
  ({ control, data }, erasure) =>
  async () => ({
    database: "control",
    statements: (await isStillRunning(data, erasure)) ? [blankInConnection(control, erasure)] : [],
    next: null,
  });

/**
 * The order matters. Once the row in `subjects` is deleted, no Stripe customer id can be recorded there.
 * Events are found through the ids in `stripe_objects`, so they come before it. Attempts come before it too,
 * because a checkout that completes late records its session only if its attempt exists.
 */
const steps: Step[] = [
  deleteSubject,
  blankEvents,
  deleteRows("checkout_attempts", "attempt_id"),
  deleteStripeObjects,
  deleteRows("entitlements", "entitlement_id"),
  // After the rows that the alert rules read, so that no sweep opens an alert again.
  deleteRows(
    "alert_messages",
    "message_id",
    `alert_id IN (SELECT alert_id FROM alerts WHERE ${matchesCustomer})`,
  ),
  deleteRows("alerts", "alert_id"),
  deleteDeliveries,
  deleteRows("events", "event_id"),
  deleteRows("notes", "note_id"),
  deleteRows("shadow_disagreements", "project_id, mode, subject_ref"),
  blankJobs,
  blankAudit,
  // Last, so that an erasure that an earlier release began continues where it was.
  deleteRows("recovery_requests", "project_id, mode, subject_ref, key_hash"),
  deleteRows("recovery_links", "link_id"),
  blankConnection,
];

/** Performs the next part of the erasure. Returns whether there is more to do. */
export async function eraseNextPart(databases: Databases, erasure: RunningErasure): Promise<boolean> {
  const progress: Progress = JSON.parse(erasure.progress ?? '{"step":0,"after":""}');
  const step = steps[progress.step];
  if (step === undefined) return false;
  const { statements, database = "data", next } = await step(databases, erasure)(progress.after);
  const results = statements.length === 0 ? [] : await databases[database].batch(statements);
  const after = typeof next === "function" ? next(results) : next;
  const place = after === null ? { step: progress.step + 1, after: "" } : { step: progress.step, after };
  erasure.progress = JSON.stringify(place);
  await databases.data
    .prepare("UPDATE erasures SET progress = ?2 WHERE erasure_id = ?1 AND state = 'running'")
    .bind(erasure.erasureId, erasure.progress)
    .run();
  return true;
}
