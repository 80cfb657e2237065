import { idFloor } from "../../../shared/kit/ids.ts";

const selectOld = (table: string, id: string) =>
  `SELECT ${id} FROM ${table} WHERE ${id} < ?1 AND created_at < ?2 ORDER BY ${id} LIMIT ?3`;

/**
 * Each function deletes at most `limit` rows per statement and returns how many: a full step means that there may be more.
 * One statement or batch is one transaction, and the sweep continues with the next.
 */

/** Deletes the counts of hours before `before`, but not the totals of hour 0. Returns how many rows were deleted. */
export async function deleteOldHourlyCounts(db: D1Database, before: number, limit: number): Promise<number> {
  const { meta } = await db
    .prepare(
      `DELETE FROM hourly_counts WHERE (project_id, mode, metric, hour, detail) IN
         (SELECT project_id, mode, metric, hour, detail FROM hourly_counts
           WHERE hour > 0 AND hour < ?1 ORDER BY hour LIMIT ?2)`,
    )
    .bind(before, limit)
    .run();
  return meta.changes;
}

/**
 * Deletes rows written before `before`: attempts with their delivery (a delivery has a dozen at most, unless it was sent
 * again), and deliveries before their event. Ids begin with the time of the event, so no newer row is read. A row that a
 * replay wrote recently stays. Returns how many deliveries and events were deleted.
 */
export async function deleteOldDeliveries(
  db: D1Database,
  before: number,
  limit: number,
): Promise<{ deliveries: number; events: number }> {
  const oldDeliveries = selectOld("deliveries", "delivery_id");
  const floor = idFloor("dlv", before);
  const [, deliveries, events] = await db.batch([
    db
      .prepare(`DELETE FROM delivery_attempts WHERE delivery_id IN (${oldDeliveries})`)
      .bind(floor, before, limit),
    db.prepare(`DELETE FROM deliveries WHERE delivery_id IN (${oldDeliveries})`).bind(floor, before, limit),
    // Events that keep a delivery are not among the `limit`, so they hold up none of those after them.
    db
      .prepare(
        `DELETE FROM events WHERE event_id IN (
           SELECT event_id FROM events WHERE event_id < ?1 AND created_at < ?2
             AND NOT EXISTS (SELECT 1 FROM deliveries WHERE delivery_id > 'dlv_' || substr(events.event_id, 5)
               AND delivery_id < 'dlv_' || substr(events.event_id, 5) || '~')
           ORDER BY event_id LIMIT ?3)`,
      )
      .bind(idFloor("evt", before), before, limit),
  ]);
  return { deliveries: deliveries?.meta.changes ?? 0, events: events?.meta.changes ?? 0 };
}

/** Deletes bulk requeues and replays older than `before`. Returns how many were deleted. */
export async function deleteOldDeliveryJobs(db: D1Database, before: number, limit: number): Promise<number> {
  const { meta } = await db
    .prepare(
      `DELETE FROM delivery_jobs WHERE job_id IN
         (SELECT job_id FROM delivery_jobs WHERE job_id < ?1 ORDER BY job_id LIMIT ?2)`,
    )
    .bind(idFloor("job", before), limit)
    .run();
  return meta.changes;
}

/** Deletes endpoints that were deleted before `before` and have no delivery left. Returns how many were deleted. */
export async function deleteOldEndpoints(db: D1Database, before: number, limit: number): Promise<number> {
  const { meta } = await db
    .prepare(
      `DELETE FROM endpoints WHERE endpoint_id IN (SELECT endpoint_id FROM endpoints WHERE deleted_at < ?1
         AND NOT EXISTS (SELECT 1 FROM deliveries WHERE deliveries.endpoint_id = endpoints.endpoint_id) LIMIT ?2)`,
    )
    .bind(before, limit)
    .run();
  return meta.changes;
}

/**
 * Deletes jobs older than `before`: ids begin with the time of the form, or of the start. A backfill that is open is work
 * that is left, and stays. Returns how many were deleted.
 */
export async function deleteOldSubjectJobs(db: D1Database, before: number, limit: number): Promise<number> {
  const floor = idFloor("job", before);
  const remove = (table: string, also: string) =>
    db
      .prepare(
        `DELETE FROM ${table} WHERE job_id IN
           (SELECT job_id FROM ${table} WHERE job_id < ?1 ${also} ORDER BY job_id LIMIT ?2)`,
      )
      .bind(floor, limit);
  const results = await db.batch([
    remove("subject_jobs", ""),
    remove("stripe_backfills", "AND status = 'finished'"),
  ]);
  return results.reduce((sum, { meta }) => sum + meta.changes, 0);
}

/** Deletes disagreements of shadow checks before `before`. Returns how many were deleted. */
export async function deleteOldShadow(db: D1Database, before: number, limit: number): Promise<number> {
  const { meta } = await db
    .prepare(
      `DELETE FROM shadow_disagreements WHERE (project_id, mode, subject_ref) IN
         (SELECT project_id, mode, subject_ref FROM shadow_disagreements WHERE at < ?1 ORDER BY at LIMIT ?2)`,
    )
    .bind(before, limit)
    .run();
  return meta.changes;
}

/** Deletes keys of recovery requests from before `before`. Returns how many were deleted. */
export async function deleteOldRecoveryRequests(
  db: D1Database,
  before: number,
  limit: number,
): Promise<number> {
  const { meta } = await db
    .prepare(
      `DELETE FROM recovery_requests WHERE (project_id, mode, subject_ref, key_hash) IN
         (SELECT project_id, mode, subject_ref, key_hash FROM recovery_requests WHERE created_at < ?1 LIMIT ?2)`,
    )
    .bind(before, limit)
    .run();
  return meta.changes;
}

/** Deletes recovery links older than `before`, which expired long ago. Returns how many were deleted. */
export async function deleteOldRecoveryLinks(db: D1Database, before: number, limit: number): Promise<number> {
  const { meta } = await db
    .prepare(
      `DELETE FROM recovery_links WHERE link_id IN
         (SELECT link_id FROM recovery_links WHERE link_id < ?1 ORDER BY link_id LIMIT ?2)`,
    )
    .bind(idFloor("lnk", before), limit)
    .run();
  return meta.changes;
}

/**
 * Deletes bulk jobs older than `before`, then their rows: a job without all of its rows is never there to be undone.
 * Returns how many jobs and rows were deleted.
 */
export async function deleteOldBulkJobs(
  db: D1Database,
  before: number,
  limit: number,
): Promise<{ bulkJobs: number; bulkJobRows: number }> {
  const [jobs = 0, rows = 0] = await deleteWithRows(db, before, limit, {
    parent: { table: "bulk_jobs", id: "job_id" },
    rows: [{ table: "bulk_job_rows", key: "position" }],
  });
  return { bulkJobs: jobs, bulkJobRows: rows };
}

/** Deletes access audits older than `before`, then their findings. Returns how many audits and rows were deleted. */
export async function deleteOldAccessAudits(
  db: D1Database,
  before: number,
  limit: number,
): Promise<{ accessAudits: number; findings: number; seen: number }> {
  const [accessAudits = 0, findings = 0, seen = 0] = await deleteWithRows(db, before, limit, {
    parent: { table: "access_audits", id: "audit_id" },
    rows: [
      { table: "access_audit_findings", key: "finding_id" },
      { table: "access_audit_seen", key: "seen_id" },
    ],
  });
  return { accessAudits, findings, seen };
}

/** Returns how many rows of the parent and of each table of rows were deleted. */
async function deleteWithRows(
  db: D1Database,
  before: number,
  limit: number,
  { parent, rows }: { parent: { table: string; id: string }; rows: { table: string; key: string }[] },
): Promise<number[]> {
  const { table: parents, id } = parent;
  const statements = [
    `DELETE FROM ${parents} WHERE ${id} IN (SELECT ${id} FROM ${parents} WHERE ${id} < ?1 ORDER BY ${id} LIMIT ?2)`,
    ...rows.map(
      ({ table, key }) => `DELETE FROM ${table} WHERE (${id}, ${key}) IN (
        SELECT ${id}, ${key} FROM ${table} WHERE ${id} < ?1
          AND NOT EXISTS (SELECT 1 FROM ${parents} WHERE ${parents}.${id} = ${table}.${id})
        ORDER BY ${id}, ${key} LIMIT ?2)`,
    ),
  ];
  const floor = idFloor("job", before);
  const results = await db.batch(statements.map((statement) => db.prepare(statement).bind(floor, limit)));
  return results.map(({ meta }) => meta.changes);
}

/**
 * Deletes messages that were written before `messagesBefore`, and alerts that were closed before `alertsBefore`.
 * Returns how many were deleted.
 */
export async function deleteOldAlerts(
  db: D1Database,
  { messagesBefore, alertsBefore }: { messagesBefore: number; alertsBefore: number },
  limit: number,
): Promise<number> {
  const results = await db.batch([
    db
      .prepare(
        `DELETE FROM alert_messages WHERE message_id IN
           (SELECT message_id FROM alert_messages WHERE created_at < ?1 LIMIT ?2)`,
      )
      .bind(messagesBefore, limit),
    db
      .prepare(
        `DELETE FROM alerts WHERE alert_id IN (SELECT alert_id FROM alerts
           WHERE resolved_at IS NOT NULL AND resolved_at < ?1 LIMIT ?2)`,
      )
      .bind(alertsBefore, limit),
  ]);
  return results.reduce((sum, { meta }) => sum + meta.changes, 0);
}
