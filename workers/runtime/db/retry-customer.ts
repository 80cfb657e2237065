import { drizzle } from "drizzle-orm/d1";
import { requeueableStates } from "../../../shared/contract/operations/deliveries.ts";
import type { FailedWork } from "../../../shared/contract/operations/failed-work.ts";
import { type AuditEntry, auditStatement } from "../../../shared/db/audit.ts";
import { buildEndOfPauses, hasNoAttemptInProgress, restartColumns } from "../../../shared/db/deliveries.ts";
import type { SubjectKey } from "../../../shared/domain/subject-name.ts";

const ofCustomer = "project_id = ?2 AND mode = ?3 AND subject_ref = ?4";

const isFailedEvent = `${ofCustomer} AND status = 'failed'`;

// Deliveries of a disabled endpoint wait for it, and those of a deleted one have nowhere to go.
const isFailedDelivery = `${ofCustomer} AND ${hasNoAttemptInProgress}
  AND state IN (SELECT value FROM json_each('${JSON.stringify(requeueableStates)}'))
  AND endpoint_id IN (SELECT endpoint_id FROM endpoints WHERE endpoints.project_id = ?2 AND endpoints.mode = ?3
    AND is_enabled = 1 AND deleted_at IS NULL)`;

const countFailed = `SELECT
  (SELECT count(*) FROM stripe_events WHERE ${isFailedEvent}) AS events,
  (SELECT count(*) FROM deliveries WHERE ${isFailedDelivery}) AS deliveries`;

// As `reopenStripeEvent`: the whole schedule again.
const reopenEvents = `UPDATE stripe_events SET status = 'received', tries = 0, epoch = epoch + 1, waits_for_stripe = 0,
  next_try_at = ?1, settled_at = NULL WHERE ${isFailedEvent}`;

const restartDeliveries = `UPDATE deliveries SET ${restartColumns} WHERE ${isFailedDelivery}`;

const endPauses = buildEndOfPauses(ofCustomer);

const parameters = ({ projectId, mode, subjectRef }: SubjectKey, now: number) =>
  [now, projectId, mode, subjectRef] as const;

export async function countFailedWork(db: D1Database, key: SubjectKey, now: number): Promise<FailedWork> {
  const counts = await db
    .prepare(countFailed)
    .bind(...parameters(key, now))
    .first<FailedWork>();
  if (counts === null) throw new Error("the count returned no row");
  return counts;
}

/** Makes everything that failed for the customer due now. The sweeps of each minute try it. */
export async function retryFailedWork(
  db: D1Database,
  key: SubjectKey,
  now: number,
  audit: AuditEntry,
): Promise<FailedWork> {
  const entry = auditStatement(drizzle(db), audit).toSQL();
  const [events, deliveries] = await db.batch([
    db.prepare(reopenEvents).bind(...parameters(key, now)),
    db.prepare(restartDeliveries).bind(...parameters(key, now)),
    db.prepare(endPauses).bind(...parameters(key, now)),
    db.prepare(entry.sql).bind(...entry.params),
  ]);
  return { events: events?.meta.changes ?? 0, deliveries: deliveries?.meta.changes ?? 0 };
}
