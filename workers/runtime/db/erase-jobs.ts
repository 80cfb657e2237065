import { isRunning, type RunningErasure, toParameters } from "./erase-parts.ts";

/**
 * Removes the customer from jobs and access audits. A running job limited to the customer stops. A replay with the customer as
 * its cursor restarts its ledger phase.
 */
export const blankInJobs = (db: D1Database, erasure: RunningErasure): D1PreparedStatement[] => [
  db
    .prepare(
      `UPDATE delivery_jobs SET selection = json_remove(selection, '$.filter.subjectRef'), status = CASE status
           WHEN 'running' THEN 'stopped' ELSE status END
         WHERE project_id = ?2 AND mode = ?3 AND selection ->> '$.filter.subjectRef' = ?4 AND ${isRunning}`,
    )
    .bind(...toParameters(erasure)),
  db
    .prepare(
      `UPDATE delivery_jobs SET cursor = ''
         WHERE project_id = ?2 AND mode = ?3 AND phase = 'ledger' AND cursor = ?4 AND ${isRunning}`,
    )
    .bind(...toParameters(erasure)),
  db
    .prepare(
      // The customer's row in `subjects` is already deleted, so the subject before it becomes the cursor.
      `UPDATE subject_jobs SET
           cursor = CASE cursor WHEN ?4 THEN coalesce((SELECT max(subject_ref) FROM subjects
             WHERE project_id = ?2 AND mode = ?3 AND subject_ref < ?4), '') ELSE cursor END,
           findings = (SELECT json_group_array(json(value)) FROM json_each(findings)
             WHERE value ->> 'subjectRef' <> ?4)
         WHERE project_id = ?2 AND mode = ?3 AND ${isRunning} AND (cursor = ?4
           OR EXISTS (SELECT 1 FROM json_each(findings) WHERE value ->> 'subjectRef' = ?4))`,
    )
    .bind(...toParameters(erasure)),
  db
    .prepare(
      // The results of a bulk job stay countable without the name.
      `UPDATE bulk_job_rows SET subject_ref = NULL, target = NULL, message = NULL, fingerprint = NULL,
           state = CASE WHEN state IN ('unchanged', 'refused', 'unknown', 'done') THEN state ELSE 'erased' END
         WHERE subject_ref = ?4 AND job_id IN (SELECT job_id FROM bulk_jobs WHERE project_id = ?2 AND mode = ?3)
           AND ${isRunning}`,
    )
    .bind(...toParameters(erasure)),
  db
    .prepare(
      // The customer's Stripe objects are already deleted, so the customer before becomes the cursor.
      `UPDATE stripe_backfills SET
           error = CASE WHEN instr(error, ?4) > 0 THEN NULL ELSE error END,
           cursor = CASE cursor WHEN ?4 THEN coalesce((SELECT max(subject_ref) FROM stripe_objects
             WHERE stripe_objects.connection_id = stripe_backfills.connection_id AND subject_ref < ?4), '')
             ELSE cursor END,
           findings = (SELECT json_group_array(json(value)) FROM json_each(findings)
             WHERE value ->> 'subjectRef' <> ?4)
         WHERE project_id = ?2 AND mode = ?3 AND ${isRunning}`,
    )
    .bind(...toParameters(erasure)),
  db
    .prepare(
      `UPDATE terms_rollouts SET cursor = coalesce((SELECT max(subject_ref) FROM subjects
           WHERE project_id = ?2 AND mode = ?3 AND subject_ref < ?4), '')
         WHERE project_id = ?2 AND mode = ?3 AND cursor = ?4 AND ${isRunning}`,
    )
    .bind(...toParameters(erasure)),
  ...removeFromAudits(db, erasure),
];

/** Removes the customer from the Stripe connection, in the control database. */
export const blankInConnection = (
  db: D1Database,
  { projectId, mode, subjectRef }: RunningErasure,
): D1PreparedStatement =>
  db
    .prepare(
      `UPDATE stripe_connections SET
         sweep_error = CASE WHEN instr(sweep_error, ?3) > 0 THEN NULL ELSE sweep_error END,
         reread_after = CASE reread_after WHEN ?3 THEN NULL ELSE reread_after END
       WHERE project_id = ?1 AND mode = ?2`,
    )
    .bind(projectId, mode, subjectRef);

const audits = "SELECT audit_id FROM access_audits WHERE project_id = ?2 AND mode = ?3";

const isNamedTwice = "(diagnosis LIKE 'Two customers are named%' AND instr(diagnosis, ?4) > 0)";
const isOwner = "coalesce(instr(import_message, 'customer ' || ?4), 0) > 0";

/** The counts of an audit stay; the rows that name the customer go. */
function removeFromAudits(db: D1Database, erasure: RunningErasure): D1PreparedStatement[] {
  const statements = [
    `DELETE FROM access_audit_findings WHERE subject_ref = ?4 AND audit_id IN (${audits}) AND ${isRunning}`,
    // Findings about other customers, or none yet, that name the customer in a sentence.
    `UPDATE access_audit_findings SET
       diagnosis = iif(${isNamedTwice}, 'Two customers are named for it, and one was erased. Correct the mapping.', diagnosis),
       import_message = iif(${isOwner}, NULL, import_message)
     WHERE (${isNamedTwice} OR ${isOwner}) AND audit_id IN (${audits}) AND ${isRunning}`,
    `DELETE FROM access_audit_seen WHERE seen_id = 'subject/' || ?4 AND audit_id IN (${audits}) AND ${isRunning}`,
    `DELETE FROM customer_mappings WHERE project_id = ?2 AND mode = ?3 AND subject_ref = ?4 AND ${isRunning}`,
    // The customer's row in `subjects` is already deleted, so the subject before it becomes the place.
    `UPDATE access_audits SET cursor = coalesce((SELECT max(subject_ref) FROM subjects
       WHERE project_id = ?2 AND mode = ?3 AND subject_ref < ?4), '')
     WHERE project_id = ?2 AND mode = ?3 AND phase = 'subjects' AND cursor = ?4 AND ${isRunning}`,
    // The import passes over the purchase: it is decided again, and then is an erased customer's.
    `UPDATE access_audits SET importing = NULL
     WHERE project_id = ?2 AND mode = ?3 AND importing ->> 'subjectRef' = ?4 AND ${isRunning}`,
  ];
  return statements.map((statement) => db.prepare(statement).bind(...toParameters(erasure)));
}
