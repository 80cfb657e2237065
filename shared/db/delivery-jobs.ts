import { and, asc, desc, eq, lte } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import type { DeliveryFilter } from "../contract/operations/deliveries.ts";
import type { DeliveryState } from "../contract/words.ts";
import { idFloor } from "../kit/ids.ts";
import { type AuditEntry, auditIfChanged } from "./audit.ts";
import { deliveriesAfter, isNotUnderWay, restartColumns } from "./deliveries.ts";
import type { WebhookScope } from "./endpoints.ts";
import { deliveryJobs } from "./tables/webhooks.ts";
import { type DeliveryWakeUp, deliveryIdOfPair } from "./write-events.ts";

export type DeliveryJobRow = typeof deliveryJobs.$inferSelect;

/** What can be queued again by many: what a person waits for. A `sent` one is resent one by one. */
export const requeueableStates: DeliveryState[] = ["failed", "dead"];

/** A filter of deliveries, restricted to what can be queued again. */
export function requeueable(filter: DeliveryFilter): DeliveryFilter {
  const states = filter.states ?? requeueableStates;
  return { ...filter, states: states.filter((state) => requeueableStates.includes(state)) };
}

/** What a job works on: deliveries to restart, or events to deliver (again) to one endpoint. */
export type JobSelection =
  | { kind: "requeue"; filter: DeliveryFilter }
  | { kind: "replay"; endpointId: string; since: number; eventTypes: string[] };

/** Inserts unless it is there: a form that was sent twice names the same job. Returns whether it did. */
export async function insertJob(
  db: D1Database,
  scope: WebhookScope,
  job: Pick<DeliveryJobRow, "jobId" | "phase" | "total" | "actorId"> & { selection: JobSelection },
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

export async function readJob(db: D1Database, jobId: string): Promise<DeliveryJobRow | null> {
  const rows = await drizzle(db).select().from(deliveryJobs).where(eq(deliveryJobs.jobId, jobId));
  return rows[0] ?? null;
}

/** The newest jobs of the scope. */
export async function listJobs(
  db: D1Database,
  scope: WebhookScope,
  limit: number,
): Promise<DeliveryJobRow[]> {
  return drizzle(db)
    .select()
    .from(deliveryJobs)
    .where(and(eq(deliveryJobs.projectId, scope.projectId), eq(deliveryJobs.mode, scope.mode)))
    .orderBy(desc(deliveryJobs.jobId))
    .limit(limit);
}

/** Jobs that run on paper but that nobody has moved since `before`: their worker is gone. */
export async function stalledJobs(db: D1Database, before: number, limit: number): Promise<string[]> {
  const rows = await drizzle(db)
    .select({ jobId: deliveryJobs.jobId })
    .from(deliveryJobs)
    .where(and(eq(deliveryJobs.status, "running"), lte(deliveryJobs.updatedAt, before)))
    .orderBy(asc(deliveryJobs.jobId))
    .limit(limit);
  return rows.map(({ jobId }) => jobId);
}

/** Stops a running job: what is done stays done. */
export async function stopJobRow(
  db: D1Database,
  { projectId, mode }: WebhookScope,
  jobId: string,
  audit: AuditEntry,
): Promise<DeliveryJobRow | null> {
  const database = drizzle(db);
  const ofJob = and(
    eq(deliveryJobs.jobId, jobId),
    eq(deliveryJobs.projectId, projectId),
    eq(deliveryJobs.mode, mode),
  );
  const [, , rows] = await database.batch([
    database
      .update(deliveryJobs)
      .set({ status: "stopped", updatedAt: audit.at })
      .where(and(ofJob, eq(deliveryJobs.status, "running"))),
    auditIfChanged(database, audit),
    database.select().from(deliveryJobs).where(ofJob),
  ]);
  return rows[0] ?? null;
}

const isStill =
  "EXISTS (SELECT 1 FROM delivery_jobs WHERE job_id = ?3 AND cursor = ?4 AND status = 'running')";

const restartPage = `
  UPDATE deliveries SET ${restartColumns}
  WHERE delivery_id IN (SELECT value FROM json_each(?2)) AND ${isStill} AND ${isNotUnderWay}
    AND state IN (SELECT value FROM json_each('${JSON.stringify(requeueableStates)}'))
  RETURNING delivery_id AS deliveryId, epoch`;

const replayPage = `
  INSERT INTO deliveries (delivery_id, event_id, endpoint_id, project_id, mode, subject_ref, event_type, state,
    next_attempt_at, next_kind, created_at, updated_at)
  SELECT ${deliveryIdOfPair}, events.event_id, endpoints.endpoint_id, events.project_id, events.mode,
    events.subject_ref, events.type, 'pending', ?1, 'manual', ?1, ?1
  FROM events JOIN endpoints ON endpoints.endpoint_id = ?5 AND endpoints.deleted_at IS NULL
  WHERE events.event_id IN (SELECT value FROM json_each(?2)) AND ${isStill}
  ON CONFLICT DO UPDATE SET ${restartColumns} WHERE ${isNotUnderWay}
  RETURNING delivery_id AS deliveryId, epoch`;

const advance = `
  UPDATE delivery_jobs SET cursor = ?3, done = done + ?4, updated_at = ?5,
    status = CASE WHEN ?6 THEN 'finished' ELSE status END
  WHERE job_id = ?1 AND cursor = ?2 AND status = 'running'`;

/**
 * Does one page of the job, and moves its cursor in the same transaction: a page is done once, however many work on the
 * job, and a kill leaves it done or not begun. Returns what became due; `isOver` when there is no further page.
 */
export async function doJobPage(
  db: D1Database,
  job: DeliveryJobRow,
  limit: number,
  now: number,
): Promise<{ wakeUps: DeliveryWakeUp[]; isOver: boolean }> {
  const selection = JSON.parse(job.selection) as JobSelection;
  const page = { after: job.cursor, limit };
  const ids =
    selection.kind === "requeue"
      ? await deliveriesAfter(db, job, selection.filter, page)
      : await eventsAfter(db, job, selection, page);
  const isOver = ids.length < limit;
  const common = [now, JSON.stringify(ids), job.jobId, job.cursor] as const;
  const [done] = await db.batch<DeliveryWakeUp>([
    selection.kind === "requeue"
      ? db.prepare(restartPage).bind(...common)
      : db.prepare(replayPage).bind(...common, selection.endpointId),
    db
      .prepare(advance)
      .bind(job.jobId, job.cursor, ids.at(-1) ?? job.cursor, ids.length, now, isOver ? 1 : 0),
  ]);
  return { wakeUps: done?.results ?? [], isOver };
}

type ReplaySelection = Extract<JobSelection, { kind: "replay" }>;

// Rows that came after the job began reach the endpoint by themselves.
const replayed = `
  FROM events WHERE project_id = ?1 AND mode = ?2 AND event_id >= ?3 AND created_at <= ?4
    AND type IN (SELECT value FROM json_each(?5))`;

async function eventsAfter(
  db: D1Database,
  job: DeliveryJobRow,
  { since, eventTypes }: ReplaySelection,
  { after, limit }: { after: string; limit: number },
): Promise<string[]> {
  const { results } = await db
    .prepare(`SELECT event_id AS eventId ${replayed} AND event_id > ?6 ORDER BY event_id LIMIT ?7`)
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
 * Moves a replay on through the subjects whose events were brought back; `after` is the last one, `null` when all were. Then
 * it is known how many events there are to deliver.
 */
export async function advanceLedgerPhase(
  db: D1Database,
  job: DeliveryJobRow,
  after: string | null,
  now: number,
): Promise<void> {
  const isDone = after === null;
  const selection = JSON.parse(job.selection) as ReplaySelection;
  const total = isDone ? await countReplay(db, job, selection, job.createdAt) : job.total;
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

/** How many events a replay that begins now would deliver. */
export async function countReplay(
  db: D1Database,
  { projectId, mode }: WebhookScope,
  { since, eventTypes }: Pick<ReplaySelection, "since" | "eventTypes">,
  now: number,
): Promise<number> {
  const row = await db
    .prepare(`SELECT count(*) AS count ${replayed}`)
    .bind(projectId, mode, idFloor("evt", since), now, JSON.stringify(eventTypes))
    .first<{ count: number }>();
  return row?.count ?? 0;
}
