import { importFindings } from "../../../shared/contract/operations/access-audits.ts";
import { hasRole } from "../../../shared/contract/roles.ts";
import { databasesOf, dataOf } from "../../../shared/db/databases.ts";
import { readImportPage, saveImport, settleImport, stopForbiddenImport } from "../db/access-audit-imports.ts";
import type { AuditAtWork } from "../db/access-audit-leases.ts";
import { adoptRow } from "./adopt-row.ts";
import { importUnlistedPage } from "./import-unlisted.ts";
import type { Walk } from "./walk.ts";

/**
 * Imports the next findings that wait, one after another, by the adoption that an operator's single one uses. What the report
 * only counted follows.
 *
 * A finding waits until its row says otherwise. A crash after the merge and before that leaves it waiting: the adoption is
 * repeated, and changes nothing. Two workers with the same rows do the same.
 */

const rowsPerPage = 5;

/** Imports a page. Returns whether there is more to do now. Throws when Stripe does not answer. */
export async function importPage(
  walk: Walk,
  audit: AuditAtWork,
  isTurnOver: () => boolean,
): Promise<boolean> {
  const { env, now } = walk.context;
  const { rows, role } = await readImportPage(databasesOf(env, audit), audit, rowsPerPage);
  // As for the operation that started it.
  if (role === null || !hasRole(role, importFindings.role)) {
    await stopForbiddenImport(
      dataOf(env, audit),
      audit.auditId,
      `${audit.operatorName} may not act here any more.`,
      now,
    );
    return false;
  }
  const data = dataOf(env, audit);
  for (const row of rows) {
    const result = await adoptRow(walk, audit, row);
    await saveImport(data, audit.auditId, { findingId: row.findingId, ...result });
  }
  // Holds before the unlisted ones too: after a crash the pause may be due without a listed one left before it.
  if (!(await settleImport(data, audit.auditId, now))) return false;
  const { importPhase } = audit;
  if (rows.length > 0 || importPhase === null || importPhase === "done") return true;
  return importUnlistedPage(walk, { ...audit, importPhase }, isTurnOver);
}
