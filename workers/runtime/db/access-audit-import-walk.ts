import {
  type AuditPhase,
  firstImports,
  type ImportPhase,
} from "../../../shared/contract/operations/access-audits.ts";
import type { AccessAuditRow } from "../../../shared/db/access-audits.ts";
import { imported } from "./access-audit-imports.ts";
import type { AuditAtWork } from "./access-audit-leases.ts";

/** The work of an import on purchases that the report only counted. */

/** An import that is on its walk. */
export type WalkingImport = AuditAtWork & { importPhase: Exclude<ImportPhase, "done"> };

/** Of the audit `?1`, while it has the place `?2` that the worker read. */
const isCurrent = "audit_id = ?1 AND import_page = ?2 AND status = 'importing'";

/** Returns whether the report has listed the finding: then its own row says what its import has come to. */
export async function isListed(db: D1Database, auditId: string, findingId: string): Promise<boolean> {
  const row = await db
    .prepare("SELECT 1 FROM access_audit_findings WHERE audit_id = ?1 AND finding_id = ?2")
    .bind(auditId, findingId)
    .first();
  return row !== null;
}

/**
 * Notes the purchase before its import. `cursor` is its place in Stripe's list. Returns whether it is noted: not if the import
 * is elsewhere by now, nor while another purchase of this place is noted. That one may be imported already, so that this worker
 * passed over it, and is not counted yet.
 */
export async function noteImport(
  db: D1Database,
  { auditId, importPage }: WalkingImport,
  row: NonNullable<WalkingImport["importing"]>,
): Promise<boolean> {
  const { meta } = await db
    .prepare(
      `UPDATE access_audits SET importing = ?3
       WHERE ${isCurrent} AND coalesce(importing ->> 'findingId', ?4) = ?4`,
    )
    .bind(auditId, importPage, JSON.stringify(row), row.findingId)
    .run();
  return meta.changes > 0;
}

/** The next place, and what the purchase before it has come to; `null` if there was none to import. */
export interface WalkProgress {
  cursor: string;
  isPhaseOver: boolean;
  result: { findingId: string; state: "done" | "failed" } | null;
}

const nextPhase: Record<Exclude<AuditPhase, "subjects">, ImportPhase> = {
  subscriptions: "sessions",
  sessions: "charges",
  charges: "done",
};

/**
 * Moves the import forward. Holds it after the first customers, and ends it after the last list. Returns its status; `null`
 * for an import that was stopped, that another worker has moved, or in which another purchase is noted: this one counts nothing.
 */
export async function saveImportWalk(
  db: D1Database,
  { auditId, importPage, importPhase }: WalkingImport,
  { cursor, isPhaseOver, result }: WalkProgress,
  now: number,
): Promise<AccessAuditRow["status"] | null> {
  const phase = isPhaseOver ? nextPhase[importPhase] : importPhase;
  const count = result === null ? 0 : 1;
  const row = await db
    .prepare(
      `UPDATE access_audits SET import_page = import_page + 1, import_phase = ?3, import_cursor = ?4, importing = NULL,
         import_done = import_done + ?5, import_failed = import_failed + ?6, updated_at = ?7, failures = 0, last_error = NULL,
         status = CASE WHEN ?3 = 'done' THEN 'finished'
           WHEN is_released = 0 AND (${imported}) + ?8 >= ${firstImports} THEN 'held' ELSE status END
       WHERE ${isCurrent} AND coalesce(importing ->> 'findingId', '') = ?9 RETURNING status`,
    )
    .bind(
      auditId,
      importPage,
      phase,
      isPhaseOver ? "" : cursor,
      result?.state === "done" ? 1 : 0,
      result?.state === "failed" ? 1 : 0,
      now,
      count,
      result?.findingId ?? "",
    )
    .first<{ status: AccessAuditRow["status"] }>();
  return row?.status ?? null;
}
