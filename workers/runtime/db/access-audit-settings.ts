import { drizzle } from "drizzle-orm/d1";
import type { Scope } from "../../../shared/contract/scope.ts";
import type { AuditSettingsRow } from "../../../shared/db/access-audits.ts";
import { type AuditEntry, auditIfChanged, auditIfChangedRaw } from "../../../shared/db/audit.ts";
import { accessAuditSettings } from "../../../shared/db/tables/access-audits.ts";
import type { MappingLine } from "../../../shared/domain/customer-mapping.ts";

export async function saveSettings(
  db: D1Database,
  { projectId, mode }: Scope,
  settings: Pick<AuditSettingsRow, "source" | "metadataKey" | "dailyHour">,
  audit: AuditEntry,
): Promise<void> {
  const database = drizzle(db);
  const row = { ...settings, updatedAt: audit.at };
  await database.batch([
    database
      .insert(accessAuditSettings)
      .values({ projectId, mode, ...row })
      .onConflictDoUpdate({ target: [accessAuditSettings.projectId, accessAuditSettings.mode], set: row }),
    auditIfChanged(database, audit),
  ]);
}

/** Lines of a mapping in one statement: below the 2 MB that D1 allows a value. */
const linesPerStatement = 1_000;

/** Replaces the uploaded mapping, in one transaction. */
export async function replaceMapping(
  db: D1Database,
  { projectId, mode }: Scope,
  lines: MappingLine[],
  audit: AuditEntry,
): Promise<void> {
  const parts = Array.from({ length: Math.ceil(lines.length / linesPerStatement) }, (_, index) =>
    lines.slice(index * linesPerStatement, (index + 1) * linesPerStatement),
  );
  await db.batch([
    db.prepare("DELETE FROM customer_mappings WHERE project_id = ?1 AND mode = ?2").bind(projectId, mode),
    ...parts.map((part) =>
      db
        .prepare(
          `INSERT INTO customer_mappings (project_id, mode, customer_id, subject_ref)
           SELECT ?1, ?2, value ->> 'customerId', value ->> 'subjectRef' FROM json_each(?3)`,
        )
        .bind(projectId, mode, JSON.stringify(part)),
    ),
    // The last part has at least one line.
    auditIfChangedRaw(db, audit),
  ]);
}
