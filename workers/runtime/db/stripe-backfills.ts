import { and, eq, ne, sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import type { Scope } from "../../../shared/contract/scope.ts";
import { type AuditEntry, auditIfChanged } from "../../../shared/db/audit.ts";
import type { Databases } from "../../../shared/db/databases.ts";
import { inScope } from "../../../shared/db/scope.ts";
import type { BackfillFinding, StripeBackfillRow } from "../../../shared/db/stripe-backfills.ts";
import type { StripeConnectionRow } from "../../../shared/db/stripe-connections.ts";
import { stripeBackfills } from "../../../shared/db/tables/stripe-backfills.ts";
import { JobLease } from "./job-lease.ts";
import { isCursorAt, passGap } from "./stripe-connections.ts";

/** At most this many customers are stored by name; all of them are counted. */
const maxFindings = 100;

const insertBackfill = `
  INSERT INTO stripe_backfills (job_id, connection_id, project_id, mode, status, gap_from, gap_to, total, lease_until,
    created_at, updated_at)
  SELECT ?1, ?2, ?3, ?4, 'running', ?5, ?6, count(DISTINCT subject_ref), ?7, ?7, ?7
  FROM stripe_objects WHERE connection_id = ?2
  HAVING count(*) > 0
  ON CONFLICT (connection_id) WHERE status <> 'finished' DO UPDATE SET gap_to = excluded.gap_to, cursor = '', done = 0,
    skipped = 0, findings = '[]', total = excluded.total, updated_at = excluded.updated_at`;

/**
 * Starts the backfill of a gap, and then moves the cursor of the event list to the end of the gap. After a crash in between,
 * the next sweep finds the same gap, and the backfill begins again. So it does if two sweeps find the gap at once: a customer
 * is read twice, and none is missed. Does nothing if another sweep has moved the cursor. A connection without known objects
 * needs no backfill. One that is open begins again, and stays stopped if it was.
 */
export async function startBackfill(
  { control, data }: Databases,
  { connectionId, projectId, mode }: StripeConnectionRow,
  { jobId, gapFrom, gapTo, now }: { jobId: string; gapFrom: number; gapTo: number; now: number },
): Promise<void> {
  if (!(await isCursorAt(control, connectionId, gapFrom))) return;
  await data.prepare(insertBackfill).bind(jobId, connectionId, projectId, mode, gapFrom, gapTo, now).run();
  await passGap(control, connectionId, { gapFrom, gapTo });
}

/** Deletes the open backfills of a connection: the objects of another Stripe account can't be read with a new key. */
export async function deleteOpenBackfills(db: D1Database, connectionId: string): Promise<void> {
  await drizzle(db)
    .delete(stripeBackfills)
    .where(and(eq(stripeBackfills.connectionId, connectionId), ne(stripeBackfills.status, "finished")));
}

const lease = new JobLease(stripeBackfills, {
  key: [stripeBackfills.jobId],
  until: "leaseUntil",
  isAtWork: sql`status = 'running'`,
});

export const claimBackfills = (
  db: D1Database,
  times: { now: number; leaseUntil: number },
  limit: number,
): Promise<StripeBackfillRow[]> => lease.claim(db, times, limit);

export const renewBackfill = (
  db: D1Database,
  jobId: string,
  leaseUntil: number,
): Promise<StripeBackfillRow | null> => lease.renew(db, [jobId], leaseUntil);

/** Ends a turn that has left work: it is due again at `dueAt`. `error` says why it could not go on. */
export const releaseBackfill = (
  db: D1Database,
  jobId: string,
  { dueAt, error }: { dueAt: number; error: string | null },
): Promise<void> => lease.release(db, [jobId], dueAt, { error });

/** The customers that a turn has read in one go. */
export interface BackfillPage {
  /** The last of them. */
  last: string;
  done: number;
  skipped: BackfillFinding[];
  isOver: boolean;
}

// An erased customer owns no Stripe object, and must be stored neither as the cursor nor as a finding.
const ownsObjects = (subject: string) => `EXISTS (SELECT 1 FROM stripe_objects
  WHERE stripe_objects.connection_id = stripe_backfills.connection_id AND stripe_objects.subject_ref = ${subject})`;

const advance = `
  UPDATE stripe_backfills SET
    cursor = CASE WHEN ?4 THEN '' ELSE coalesce((SELECT max(subject_ref) FROM stripe_objects
      WHERE stripe_objects.connection_id = stripe_backfills.connection_id AND subject_ref <= ?3), '') END,
    done = done + ?5, skipped = skipped + ?6, error = NULL, updated_at = ?8,
    total = CASE WHEN ?4 THEN done + ?5 ELSE max(total, done + ?5) END,
    findings = (SELECT json_group_array(json(value)) FROM (
      SELECT value FROM json_each(findings)
      UNION ALL SELECT value FROM json_each(?7) WHERE ${ownsObjects("value ->> 'subjectRef'")}
      LIMIT ${maxFindings})),
    status = CASE WHEN ?4 THEN 'finished' ELSE status END
  WHERE job_id = ?1 AND done = ?2 AND status = 'running'`;

/**
 * Records a page and moves the backfill forward, in one statement. A page counts once, even if several workers read it.
 * One that has been stopped stays unchanged: the page is read again when it is resumed.
 */
export async function advanceBackfill(
  db: D1Database,
  { jobId, done: doneBefore }: StripeBackfillRow,
  { last, done, skipped, isOver }: BackfillPage,
  now: number,
): Promise<void> {
  await db
    .prepare(advance)
    .bind(jobId, doneBefore, last, isOver ? 1 : 0, done, skipped.length, JSON.stringify(skipped), now)
    .run();
}

/**
 * Stops an open backfill, or lets it run from where it was stopped. Returns it as it is then, or `null` when the scope
 * has no such backfill. One that has finished stays finished.
 */
export async function setBackfillStatus(
  db: D1Database,
  scope: Scope,
  jobId: string,
  status: "running" | "stopped",
  audit: AuditEntry,
): Promise<StripeBackfillRow | null> {
  const database = drizzle(db);
  const matchesJob = and(eq(stripeBackfills.jobId, jobId), inScope(stripeBackfills, scope));
  const former = status === "running" ? "stopped" : "running";
  const [, , rows] = await database.batch([
    database
      .update(stripeBackfills)
      .set({ status, leaseUntil: audit.at, updatedAt: audit.at })
      .where(and(matchesJob, eq(stripeBackfills.status, former))),
    auditIfChanged(database, audit),
    database.select().from(stripeBackfills).where(matchesJob),
  ]);
  return rows[0] ?? null;
}
