import { and, eq, sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import type { JobKey } from "../../../shared/contract/messages.ts";
import { type DeliveryFilter, requeueableStates } from "../../../shared/contract/operations/deliveries.ts";
import type { Scope } from "../../../shared/contract/scope.ts";
import { type AuditEntry, auditIfChanged } from "../../../shared/db/audit.ts";
import { buildEndOfPauses, hasNoAttemptInProgress, restartColumns } from "../../../shared/db/deliveries.ts";
import type { DeliveryJobRow } from "../../../shared/db/delivery-jobs.ts";
import { type DeliveryMessage, deliveryIdSql } from "../../../shared/db/outbound-events.ts";
import { inScope } from "../../../shared/db/scope.ts";
import { deliveryJobs } from "../../../shared/db/tables/webhooks.ts";
import { idFloor } from "../../../shared/kit/ids.ts";
import { listDeliveryIds } from "./deliveries.ts";

/** The work of a job: deliveries to restart, or events to deliver (again) to one endpoint. */
export type DeliveryJobSelection =
  | { kind: "requeue"; filter: DeliveryFilter }
  | { kind: "replay"; endpointId: string; since: number; eventTypes: string[] };

/**
 * Inserts the job unless it exists: a form submitted twice carries the same job id. Returns whether it was
 * inserted.
 */
export async function insertDeliveryJob(
  db: D1Database,
  scope: Scope,
  job: Pick<DeliveryJobRow, "jobId" | "phase" | "total" | "actorId"> & { selection: DeliveryJobSelection },
  audit: AuditEntry,
): Promise<boolean> {
  const { selection, ...columns } = job;
  const database = drizzle(db);
  const row = {
    ...columns,
    projectId: scope.projectId,
    mode: scope.mode,
    kind: selection.kind,
    selection: JSON.stringify(selection),
    status: "running" as const,
    cursor: "",
    createdAt: audit.at,
    updatedAt: audit.at,
  };
  const [{ meta }] = await database.batch([
    database.insert(deliveryJobs).values(row).onConflictDoNothing(),
    auditIfChanged(database, audit),
  ]);
  return meta.changes > 0;
}

/**
 * Claims and returns running jobs without an update since `before`: their worker is presumed dead. A job that
 * fails each time is last the next time.
 */
export async function claimStalledDeliveryJobs(
  db: D1Database,
  { now, before }: { now: number; before: number },
  limit: number,
): Promise<JobKey[]> {
  const stalled = sql`SELECT job_id FROM delivery_jobs WHERE status = 'running' AND updated_at <= ${before}
    ORDER BY updated_at LIMIT ${limit}`;
  return drizzle(db)
    .update(deliveryJobs)
    .set({ updatedAt: now })
    .where(sql`job_id IN (${stalled})`)
    .returning({ projectId: deliveryJobs.projectId, jobId: deliveryJobs.jobId });
}

/**
 * Stops a running job; completed pages stay done. Returns the job, or `null` when the scope has no such job.
 */
export async function stopDeliveryJobRow(
  db: D1Database,
  scope: Scope,
  jobId: string,
  audit: AuditEntry,
): Promise<DeliveryJobRow | null> {
  const database = drizzle(db);
  const matchesJob = and(eq(deliveryJobs.jobId, jobId), inScope(deliveryJobs, scope));
  const [, , rows] = await database.batch([
    database
      .update(deliveryJobs)
      .set({ status: "stopped", updatedAt: audit.at })
      .where(and(matchesJob, eq(deliveryJobs.status, "running"))),
    auditIfChanged(database, audit),
    database.select().from(deliveryJobs).where(matchesJob),
  ]);
  return rows[0] ?? null;
}

const isCursorUnchanged =
  "EXISTS (SELECT 1 FROM delivery_jobs WHERE job_id = ?3 AND cursor = ?4 AND status = 'running')";

const restartDeliveries = `
  UPDATE deliveries SET ${restartColumns}
  WHERE delivery_id IN (SELECT value FROM json_each(?2)) AND ${isCursorUnchanged} AND ${hasNoAttemptInProgress}
    AND state IN (SELECT value FROM json_each('${JSON.stringify(requeueableStates)}'))
  RETURNING delivery_id AS deliveryId, epoch, project_id AS projectId`;

const endPausesOfRestarted = buildEndOfPauses("delivery_id IN (SELECT value FROM json_each(?2))");

const replayEvents = `
  INSERT INTO deliveries (delivery_id, event_id, endpoint_id, project_id, mode, subject_ref, event_type, state,
    next_attempt_at, next_kind, created_at, updated_at)
  SELECT ${deliveryIdSql}, events.event_id, endpoints.endpoint_id, events.project_id, events.mode,
    events.subject_ref, events.type, 'pending', ?1, 'manual', ?1, ?1
  FROM events JOIN endpoints ON endpoints.endpoint_id = ?5 AND endpoints.deleted_at IS NULL
  WHERE events.event_id IN (SELECT value FROM json_each(?2)) AND ${isCursorUnchanged}
  ON CONFLICT DO UPDATE SET ${restartColumns} WHERE ${hasNoAttemptInProgress}
  RETURNING delivery_id AS deliveryId, epoch, project_id AS projectId`;

const endPauseOfReplayed = buildEndOfPauses("endpoint_id = ?2");

const advanceCursor = `
  UPDATE delivery_jobs SET cursor = ?3, done = done + ?4, updated_at = ?5,
    status = CASE WHEN ?6 THEN 'finished' ELSE status END
  WHERE job_id = ?1 AND cursor = ?2 AND status = 'running'`;

/**
 * Processes one page of the job and moves its cursor in the same transaction. So a page is processed once,
 * even if several workers run the job, and a crash leaves the page either done or not begun. Returns messages
 * for the deliveries that became due; `isOver` when there is no further page.
 */
export async function processJobPage(
  db: D1Database,
  job: DeliveryJobRow,
  limit: number,
  now: number,
): Promise<{ wakeUps: DeliveryMessage[]; isOver: boolean }> {
  const selection = JSON.parse(job.selection) as DeliveryJobSelection;
  const page = { after: job.cursor, limit };
  const ids =
    selection.kind === "requeue"
      ? await listDeliveryIds(db, job, selection.filter, page)
      : await listEventIds(db, job, selection, page);
  const isOver = ids.length < limit;
  const common = [now, JSON.stringify(ids), job.jobId, job.cursor] as const;
  const [done] = await db.batch<DeliveryMessage>([
    selection.kind === "requeue"
      ? db.prepare(restartDeliveries).bind(...common)
      : db.prepare(replayEvents).bind(...common, selection.endpointId),
    selection.kind === "requeue"
      ? db.prepare(endPausesOfRestarted).bind(now, JSON.stringify(ids))
      : db.prepare(endPauseOfReplayed).bind(now, selection.endpointId),
    db
      .prepare(advanceCursor)
      .bind(job.jobId, job.cursor, ids.at(-1) ?? job.cursor, ids.length, now, isOver ? 1 : 0),
  ]);
  return { wakeUps: done?.results ?? [], isOver };
}

type ReplaySelection = Extract<DeliveryJobSelection, { kind: "replay" }>;

// Events written after the job began are excluded, because normal delivery sends them to the endpoint.
const fromReplayedEvents = `
  FROM events WHERE project_id = ?1 AND mode = ?2 AND event_id >= ?3 AND created_at <= ?4
    AND type IN (SELECT value FROM json_each(?5))`;

async function listEventIds(
  db: D1Database,
  job: DeliveryJobRow,
  { since, eventTypes }: ReplaySelection,
  { after, limit }: { after: string; limit: number },
): Promise<string[]> {
  const { results } = await db
    .prepare(`SELECT event_id AS eventId ${fromReplayedEvents} AND event_id > ?6 ORDER BY event_id LIMIT ?7`)
    .bind(
      job.projectId,
      job.mode,
      idFloor("evt", since),
      job.createdAt,
      JSON.stringify(eventTypes),
      after,
      limit,
    )
    .all<{ eventId: string }>();
  return results.map(({ eventId }) => eventId);
}

/**
 * Moves the ledger phase of a replay past the subjects that have restored their events. `after` is the last
 * of them, or `null` when all subjects are done. The delivery phase then begins, with a known number of
 * events to deliver.
 */
export async function advanceLedgerPhase(
  db: D1Database,
  job: DeliveryJobRow,
  after: string | null,
  now: number,
): Promise<void> {
  const isDone = after === null;
  const selection = JSON.parse(job.selection) as ReplaySelection;
  const total = isDone ? await countReplayEvents(db, job, selection, job.createdAt) : job.total;
  await drizzle(db)
    .update(deliveryJobs)
    .set({ phase: isDone ? "deliveries" : "ledger", cursor: after ?? "", total, updatedAt: now })
    .where(
      and(
        eq(deliveryJobs.jobId, job.jobId),
        eq(deliveryJobs.phase, "ledger"),
        eq(deliveryJobs.cursor, job.cursor),
        eq(deliveryJobs.status, "running"),
      ),
    );
}

/** Counts the events that a replay started now would deliver. */
export async function countReplayEvents(
  db: D1Database,
  { projectId, mode }: Scope,
  { since, eventTypes }: Pick<ReplaySelection, "since" | "eventTypes">,
  now: number,
): Promise<number> {
  const row = await db
    .prepare(`SELECT count(*) AS count ${fromReplayedEvents}`)
    .bind(projectId, mode, idFloor("evt", since), now, JSON.stringify(eventTypes))
    .first<{ count: number }>();
  return row?.count ?? 0;
}
