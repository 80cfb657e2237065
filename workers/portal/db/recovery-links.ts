import { and, desc, eq, gt, lt, sql } from "drizzle-orm";
import { type DrizzleD1Database, drizzle } from "drizzle-orm/d1";
import { ofSubject } from "../../../shared/db/scope.ts";
import { recoveryLinkSecrets, recoveryLinks } from "../../../shared/db/tables/recovery.ts";
import type { SubjectKey } from "../../../shared/domain/subject-name.ts";

export type CustomerRecoveryLink = Awaited<ReturnType<typeof selectRecoveryLinks>>[number];

/** Selects the links that were created for the customer, newest first. */
export function selectRecoveryLinks(
  database: DrizzleD1Database,
  key: SubjectKey,
  window: { before: number | null; limit: number },
) {
  const { before, limit } = window;
  return database
    .select({
      linkId: recoveryLinks.linkId,
      reason: recoveryLinks.reason,
      createdAt: recoveryLinks.createdAt,
      expiresAt: recoveryLinks.expiresAt,
      operatorName: recoveryLinks.operatorName,
      openedAt: recoveryLinks.openedAt,
      openedAction: recoveryLinks.openedAction,
      missingPermission: recoveryLinks.missingPermission,
      paidAt: recoveryLinks.paidAt,
      /** The secret that signed it was rotated. */
      isRevoked: sql<number>`${recoveryLinks.secretVersion} IS NOT (SELECT version FROM recovery_link_secrets
        WHERE project_id = ${key.projectId})`.mapWith(Boolean),
    })
    .from(recoveryLinks)
    .where(
      and(ofSubject(recoveryLinks, key), before === null ? undefined : lt(recoveryLinks.createdAt, before)),
    )
    .orderBy(desc(recoveryLinks.createdAt), desc(recoveryLinks.linkId))
    .limit(limit);
}

/** Reads the secret's version and how many links it signed that still work; `null` before the first link. */
export async function readLinkSecretFacts(db: D1Database, projectId: string, now: number) {
  const database = drizzle(db);
  const [secrets, counts] = await database.batch([
    database
      .select({ version: recoveryLinkSecrets.version, createdAt: recoveryLinkSecrets.createdAt })
      .from(recoveryLinkSecrets)
      .where(eq(recoveryLinkSecrets.projectId, projectId)),
    database
      .select({ links: sql<number>`count(*)` })
      .from(recoveryLinks)
      .innerJoin(
        recoveryLinkSecrets,
        and(
          eq(recoveryLinkSecrets.projectId, recoveryLinks.projectId),
          eq(recoveryLinkSecrets.version, recoveryLinks.secretVersion),
        ),
      )
      .where(and(eq(recoveryLinks.projectId, projectId), gt(recoveryLinks.expiresAt, now))),
  ]);
  const [secret] = secrets;
  return secret === undefined ? null : { ...secret, links: counts[0]?.links ?? 0 };
}
