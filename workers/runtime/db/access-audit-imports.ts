import { and, eq, sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { firstImports, type importStates } from "../../../shared/contract/operations/access-audits.ts";
import type { Role } from "../../../shared/contract/roles.ts";
import { buildAuditRow, insertRowsSql } from "../../../shared/db/audit.ts";
import { batchBoth, type Databases } from "../../../shared/db/databases.ts";
import { accessAudits, type ImportRow } from "../../../shared/db/tables/access-audits.ts";
import { deriveIdAt } from "../../../shared/kit/ids.ts";
import type { AuditAtWork } from "./access-audit-leases.ts";

/** The work of an import: workers read the next findings that wait, and save the result of each. */

/** Counts the purchases of audit `?1` that were imported or failed to be, listed or not. */
export const imported = `(SELECT count(*) FROM access_audit_findings WHERE audit_id = ?1 AND import_state IN ('done', 'failed'))
  + (SELECT import_done + import_failed FROM access_audits WHERE audit_id = ?1)`;

/**
 * Returns the next findings, none beyond the pause, and the role of the import's operator now; `null` when they are no
 * member any more. A crash inside a page leaves a part of it done, so the pause need not come after a whole page.
 */
export async function readImportPage(
  databases: Databases,
  { auditId, operatorId, accountId, projectId }: AuditAtWork,
  limit: number,
): Promise<{ rows: ImportRow[]; role: Role | null }> {
  const { control, data } = databases;
  const [[members], [rows]] = await batchBoth(
    databases,
    [
      control
        .prepare(
          `SELECT members.role AS role FROM members JOIN projects ON projects.account_id = members.account_id
         WHERE members.operator_id = ?1 AND members.account_id = ?2 AND projects.project_id = ?3`,
        )
        .bind(operatorId, accountId, projectId),
    ],
    [
      data
        .prepare(
          `SELECT finding_id AS findingId, subject_ref AS subjectRef, stripe_id AS stripeId, target AS productCode
         FROM access_audit_findings WHERE audit_id = ?1 AND import_state = 'waiting'
           AND subject_ref IS NOT NULL AND stripe_id IS NOT NULL
         ORDER BY finding_id LIMIT min(?2, (SELECT iif(is_released, ?2, max(0, ${firstImports} - (${imported})))
           FROM access_audits WHERE audit_id = ?1))`,
        )
        .bind(auditId, limit),
    ],
  );
  return {
    rows: (rows?.results ?? []) as unknown as ImportRow[],
    role: ((members?.results ?? []) as { role: Role }[])[0]?.role ?? null,
  };
}

/** Writes the audit entry of a customer's import to the control database. Repeating it stores one row. */
export async function recordImportedCustomer(
  db: D1Database,
  audit: AuditAtWork,
  { findingId, subjectRef, stripeId }: ImportRow,
  now: number,
): Promise<void> {
  const { auditId, projectId, mode, accountId, operatorId, operatorName, operatorEmail, ipAddress } = audit;
  if (accountId === null || operatorId === null) throw new Error(`no operator imports in ${auditId}`);
  const actor = {
    accountId,
    operatorId,
    name: operatorName ?? "",
    email: operatorEmail ?? "",
    ipAddress,
  };
  const after = { stripeId, audit: auditId };
  const entry = {
    actor,
    at: now,
    action: "customer.import",
    target: subjectRef,
    projectId,
    mode,
    after,
  } as const;
  const row = {
    ...buildAuditRow(entry),
    auditId: deriveIdAt("aud", audit.importStartedAt ?? audit.createdAt, `${auditId} ${findingId}`),
  };
  await db
    .prepare(insertRowsSql(db))
    .bind(JSON.stringify([row]))
    .run();
}

/** Saves the result of a finding that waits. */
export async function saveImport(
  db: D1Database,
  auditId: string,
  { findingId, state, message }: { findingId: string; state: (typeof importStates)[number]; message: string },
): Promise<void> {
  await db
    .prepare(
      `UPDATE access_audit_findings SET import_state = ?3, import_message = ?4
       WHERE audit_id = ?1 AND finding_id = ?2 AND import_state = 'waiting'`,
    )
    .bind(auditId, findingId, state, message)
    .run();
}

const waiting = `SELECT 1 FROM access_audit_findings WHERE audit_id = ?1 AND import_state = 'waiting'`;

/**
 * Ends the import when nothing waits, listed or not, and holds it after the first customers. Returns whether it continues.
 */
export async function settleImport(db: D1Database, auditId: string, now: number): Promise<boolean> {
  const row = await db
    .prepare(
      `UPDATE access_audits SET updated_at = ?2, failures = 0, last_error = NULL, status = CASE
         WHEN NOT EXISTS (${waiting}) AND coalesce(import_phase, 'done') = 'done' THEN 'finished'
         WHEN is_released = 0 AND (${imported}) >= ${firstImports} THEN 'held' ELSE status END
       WHERE audit_id = ?1 AND status = 'importing' RETURNING status`,
    )
    .bind(auditId, now)
    .first<{ status: string }>();
  return row?.status === "importing";
}

/** Holds an import after its operator lost the role or the membership. */
export async function stopForbiddenImport(
  db: D1Database,
  auditId: string,
  lastError: string,
  now: number,
): Promise<void> {
  await drizzle(db)
    .update(accessAudits)
    .set({ status: "held", lastError, updatedAt: now })
    .where(and(eq(accessAudits.auditId, auditId), sql`status = 'importing'`));
}
