import { and, eq, isNull, sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import type { RecoveryAction } from "../../../shared/contract/enums.ts";
import { type AuditEntry, auditIfChanged, auditIfChangedRaw } from "../../../shared/db/audit.ts";
import { hashSubjectName } from "../../../shared/db/erasures.ts";
import { recoveryLinkSecrets, recoveryLinks } from "../../../shared/db/tables/recovery.ts";
import { isErasedSql } from "./erasures.ts";

export type LinkSecretRow = typeof recoveryLinkSecrets.$inferSelect;
export type RecoveryLinkRow = typeof recoveryLinks.$inferSelect;
export type NewRecoveryLink = typeof recoveryLinks.$inferInsert;

export async function readLinkSecret(db: D1Database, projectId: string): Promise<LinkSecretRow | null> {
  const rows = await drizzle(db)
    .select()
    .from(recoveryLinkSecrets)
    .where(eq(recoveryLinkSecrets.projectId, projectId));
  return rows[0] ?? null;
}

/** Inserts the first secret of a project, unless another request did. Returns the stored one. */
export async function insertFirstLinkSecret(db: D1Database, secret: LinkSecretRow): Promise<LinkSecretRow> {
  const database = drizzle(db);
  const [, rows] = await database.batch([
    database.insert(recoveryLinkSecrets).values(secret).onConflictDoNothing(),
    database.select().from(recoveryLinkSecrets).where(eq(recoveryLinkSecrets.projectId, secret.projectId)),
  ]);
  return rows[0] ?? secret;
}

/** Replaces the secret, if its version is still the former one. Returns whether it did. */
export async function replaceLinkSecret(
  db: D1Database,
  secret: LinkSecretRow,
  audit: AuditEntry,
): Promise<boolean> {
  const database = drizzle(db);
  const { projectId, version } = secret;
  const [replaced] = await database.batch([
    database
      .update(recoveryLinkSecrets)
      .set(secret)
      .where(and(eq(recoveryLinkSecrets.projectId, projectId), eq(recoveryLinkSecrets.version, version - 1))),
    auditIfChanged(database, audit),
  ]);
  return replaced.meta.changes > 0;
}

/**
 * Inserts the link with its audit entry. A link id that exists already changes nothing. A customer who was erased gets no
 * link, and neither does anyone after the secret was rotated. Returns the link stored under the id, or `null`.
 */
export async function insertLink(
  db: D1Database,
  link: NewRecoveryLink,
  audit: AuditEntry,
): Promise<RecoveryLinkRow | null> {
  const { linkId, projectId, mode, subjectRef, reason, secretVersion } = link;
  const insert = db
    .prepare(
      `INSERT INTO recovery_links (link_id, project_id, mode, subject_ref, reason, secret_version, created_at,
         expires_at, operator_id, operator_name)
       SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10
       WHERE NOT ${isErasedSql("?11", "?2", "?3", "?4")}
         AND EXISTS (SELECT 1 FROM recovery_link_secrets WHERE project_id = ?2 AND version = ?6)
       ON CONFLICT DO NOTHING`,
    )
    .bind(
      linkId,
      projectId,
      mode,
      subjectRef,
      reason,
      secretVersion,
      link.createdAt,
      link.expiresAt,
      link.operatorId,
      link.operatorName,
      hashSubjectName(link),
    );
  await db.batch([insert, auditIfChangedRaw(db, audit)]);
  const rows = await drizzle(db).select().from(recoveryLinks).where(eq(recoveryLinks.linkId, linkId));
  return rows[0] ?? null;
}

/** Reads a link with the present secret of its project; `null` for an unknown id. */
export async function readLink(db: D1Database, linkId: string) {
  const rows = await drizzle(db)
    .select({ link: recoveryLinks, secret: recoveryLinkSecrets })
    .from(recoveryLinks)
    .innerJoin(recoveryLinkSecrets, eq(recoveryLinkSecrets.projectId, recoveryLinks.projectId))
    .where(eq(recoveryLinks.linkId, linkId));
  return rows[0] ?? null;
}

/** Records that a person opened the link. Only the first time counts. */
export async function recordOpened(db: D1Database, linkId: string, now: number): Promise<void> {
  await drizzle(db)
    .update(recoveryLinks)
    .set({ openedAt: now })
    .where(and(eq(recoveryLinks.linkId, linkId), isNull(recoveryLinks.openedAt)));
}

/**
 * Records what an opening led to. Writes nothing where it is what the one before led to, or where access is allowed since:
 * what the customer did then is the answer.
 */
export async function recordOutcome(
  db: D1Database,
  linkId: string,
  { action, missingPermission }: { action: RecoveryAction; missingPermission: string | null },
): Promise<void> {
  const isNews =
    action === "none"
      ? isNull(recoveryLinks.openedAction)
      : sql`(opened_action IS NOT ${action} OR missing_permission IS NOT ${missingPermission})`;
  await drizzle(db)
    .update(recoveryLinks)
    .set({ openedAction: action, missingPermission })
    .where(and(eq(recoveryLinks.linkId, linkId), isNews));
}

/** Ends a round of the link's checkouts: the next one is another purchase. A round ends once. */
export async function endCheckoutRound(db: D1Database, linkId: string, round: number): Promise<void> {
  await drizzle(db)
    .update(recoveryLinks)
    .set({ checkoutRound: round + 1 })
    .where(and(eq(recoveryLinks.linkId, linkId), eq(recoveryLinks.checkoutRound, round)));
}
