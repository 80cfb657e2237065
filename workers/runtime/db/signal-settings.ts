import type { Scope } from "../../../shared/contract/scope.ts";
import { type AuditEntry, auditIfChangedRaw } from "../../../shared/db/audit.ts";
import type { Databases } from "../../../shared/db/databases.ts";
import type { SignalColumns } from "../../../shared/db/signal-settings.ts";
import { beginRollout, signalsCode } from "./terms-rollouts.ts";

/** The settings are saved by then. Where they are not, the second round of the rollout has them. */
const firstVisitMs = 10_000;

const differs = "(low_balance IS NOT ?1 OR low_balance_in IS NOT ?2 OR expiring_days IS NOT ?3)";
const row = {
  projects: "project_id = ?4",
  products: "project_id = ?4 AND mode = ?5 AND product_code = ?6",
};

/**
 * Begins the rollout to all customers, and then changes what a product says about signals, or the project where `productCode`
 * is `null`, with the audit entry. The same values again change nothing and roll nothing out. The rollout may be in another
 * database: after a crash in between it finds nothing new.
 */
export async function changeSignalSettings(
  { control, data }: Databases,
  scope: Scope,
  productCode: string | null,
  { lowBalance, lowBalanceIn, expiringDays }: SignalColumns,
  audit: AuditEntry,
): Promise<void> {
  const { projectId, mode } = scope;
  const now = audit.at;
  const table = productCode === null ? "projects" : "products";
  const values = [lowBalance, lowBalanceIn, expiringDays, projectId];
  const parameters = productCode === null ? values : [...values, mode, productCode];
  const select = `SELECT 1 FROM ${table} WHERE ${row[table]} AND ${differs}`;
  const found = await control
    .prepare(select)
    .bind(...parameters)
    .first();
  if (found === null) return;
  for (const rolledOut of productCode === null ? (["test", "live"] as const) : [mode])
    await beginRollout(
      data,
      { projectId, mode: rolledOut },
      { productCode: signalsCode, version: now, now, dueAt: now + firstVisitMs },
    );
  await control.batch([
    control
      .prepare(
        `UPDATE ${table} SET low_balance = ?1, low_balance_in = ?2, expiring_days = ?3,
           updated_at = max(updated_at + 1, ?${parameters.length + 1}) WHERE ${row[table]} AND ${differs}`,
      )
      .bind(...parameters, now),
    control
      .prepare(
        "UPDATE projects SET signals_version = signals_version + 1 WHERE project_id = ?1 AND changes() > 0",
      )
      .bind(projectId),
    auditIfChangedRaw(control, audit),
  ]);
}
