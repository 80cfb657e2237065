import type { Scope } from "../../../shared/contract/scope.ts";
import { type AuditEntry, auditIfChangedRaw } from "../../../shared/db/audit.ts";

/** Deletes all disagreements of a project and mode. Returns how many there were. Without any, nothing is recorded. */
export async function clearDisagreements(
  db: D1Database,
  { projectId, mode }: Scope,
  audit: AuditEntry,
): Promise<number> {
  const [deleted] = await db.batch([
    db.prepare("DELETE FROM shadow_disagreements WHERE project_id = ?1 AND mode = ?2").bind(projectId, mode),
    auditIfChangedRaw(db, audit),
  ]);
  return deleted?.meta.changes ?? 0;
}
