import { and, eq, sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import type { JobKey } from "../../../shared/contract/messages.ts";
import type { AccessAuditRow } from "../../../shared/db/access-audits.ts";
import { accessAudits } from "../../../shared/db/tables/access-audits.ts";
import { JobLease } from "./job-lease.ts";

/** Which worker runs an access audit, and until when. */

/** An audit that a worker runs. */
export type AuditAtWork = AccessAuditRow & { status: "running" | "importing" };

const isAtWork = sql`status IN ('running', 'importing')`;
const lease = new JobLease(accessAudits, { key: [accessAudits.auditId], until: "leaseUntil", isAtWork });

/** Claims audits: a turn has ended with work left, or its lease has, so its worker is presumed dead. */
export async function claimAccessAudits(
  db: D1Database,
  times: { now: number; leaseUntil: number },
  limit: number,
): Promise<JobKey[]> {
  return (await lease.claim(db, times, limit)).map(({ projectId, auditId }) => ({
    projectId,
    jobId: auditId,
  }));
}

export const renewAccessAudit = (db: D1Database, auditId: string, leaseUntil: number) =>
  lease.renew(db, [auditId], leaseUntil) as Promise<AuditAtWork | null>;

/** What a turn took. */
export interface TurnCost {
  stripeCalls: number;
  workMs: number;
}

/** Ends a turn. A later sweep continues at `leaseUntil`. */
export const releaseAccessAudit = (
  db: D1Database,
  auditId: string,
  { stripeCalls, workMs }: TurnCost,
  leaseUntil: number,
): Promise<void> =>
  lease.release(db, [auditId], leaseUntil, {
    stripeCalls: sql`stripe_calls + ${stripeCalls}`,
    workMs: sql`work_ms + ${workMs}`,
  });

/**
 * Records that Stripe did not answer. After `maxFailures` in a row the audit stops: an operator can continue it. Returns how
 * many failed in a row.
 */
export async function recordAuditFailure(
  db: D1Database,
  auditId: string,
  lastError: string,
  maxFailures: number,
  now: number,
): Promise<number> {
  const rows = await drizzle(db)
    .update(accessAudits)
    .set({
      failures: sql`failures + 1`,
      lastError,
      updatedAt: now,
      status: sql`CASE WHEN failures + 1 < ${maxFailures} THEN status
        WHEN status = 'running' THEN 'stopped' ELSE 'held' END`,
    })
    .where(and(eq(accessAudits.auditId, auditId), isAtWork))
    .returning({ failures: accessAudits.failures });
  return rows[0]?.failures ?? 0;
}
