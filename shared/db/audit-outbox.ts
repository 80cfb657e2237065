import { databaseNumberOf } from "../kit/ids.ts";
import { errorMessage, log } from "../kit/log.ts";
import { insertRowsSql } from "./audit.ts";
import { type DatabasesEnv, dataByNumber } from "./databases.ts";

/** Rows that one call moves: far below the 2 MB that D1 allows a parameter. */
const rowsPerMove = 200;

const selectRows = `
  SELECT audit_id AS auditId, account_id AS accountId, project_id AS projectId, mode, at, operator_id AS operatorId,
    operator_name AS operatorName, operator_email AS operatorEmail, action, target, before, after,
    ip_address AS ipAddress
  FROM audit_outbox ORDER BY audit_id LIMIT ${rowsPerMove}`;

const deleteRows = "DELETE FROM audit_outbox WHERE audit_id IN (SELECT value FROM json_each(?1))";

/**
 * Moves the audit entries of a data database to the audit log, oldest first, until none is left. Returns how many.
 *
 * A row is in the log before it leaves the outbox. A crash in between leaves it in both, and the next call finds it in the
 * log. Overlapping calls move a row once, because both know it by its id. The end of an operation calls it, a
 * customer's flush, and each minute's sweep for what a crash left.
 */
export async function forwardAudit(env: DatabasesEnv, database: number): Promise<number> {
  if (database === 0) return 0;
  const data = dataByNumber(env, database);
  let moved = 0;
  for (;;) {
    const { results } = await data.prepare(selectRows).all<{ auditId: string }>();
    if (results.length === 0) return moved;
    await env.DB.prepare(insertRowsSql(env.DB)).bind(JSON.stringify(results)).run();
    await data
      .prepare(deleteRows)
      .bind(JSON.stringify(results.map(({ auditId }) => auditId)))
      .run();
    moved += results.length;
    if (results.length < rowsPerMove) return moved;
  }
}

/**
 * Moves the entries of a project's database, so that an operator finds them at once. The change is made, so a failure is
 * left to the sweep.
 */
export async function bringAuditToLog(env: DatabasesEnv, projectId: string): Promise<void> {
  try {
    await forwardAudit(env, databaseNumberOf(projectId));
  } catch (error) {
    log("warn", "audit.not_forwarded", { projectId, error: errorMessage(error) });
  }
}
