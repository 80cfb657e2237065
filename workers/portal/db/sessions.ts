import { and, eq, gt, isNotNull, ne, sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { type AuditEntry, auditIfChanged } from "../../../shared/db/audit.ts";
import { operatorIdentities, operatorSessions } from "../../../shared/db/tables/sign-in.ts";

/** Records that the operator has just re-authenticated with a password or a code. */
export async function markReauthenticated(db: D1Database, token: string, now: number): Promise<void> {
  await drizzle(db)
    .update(operatorSessions)
    .set({ provenAt: new Date(now) })
    .where(eq(operatorSessions.token, token));
}

export async function listSessions(db: D1Database, operatorId: string, now: number) {
  return drizzle(db)
    .select({
      sessionId: operatorSessions.id,
      createdAt: operatorSessions.createdAt,
      expiresAt: operatorSessions.expiresAt,
      ipAddress: operatorSessions.ipAddress,
      userAgent: operatorSessions.userAgent,
    })
    .from(operatorSessions)
    .where(and(eq(operatorSessions.userId, operatorId), gt(operatorSessions.expiresAt, new Date(now))))
    .orderBy(sql`created_at DESC`);
}

/** Revokes one session, or all but `keepToken`. Returns how many were revoked. */
export async function revokeSessions(
  db: D1Database,
  operatorId: string,
  which: { sessionId: string } | { keepToken: string },
  audit: AuditEntry,
): Promise<number> {
  const database = drizzle(db);
  const chosen =
    "sessionId" in which
      ? eq(operatorSessions.id, which.sessionId)
      : ne(operatorSessions.token, which.keepToken);
  const [{ meta }] = await database.batch([
    database.delete(operatorSessions).where(and(eq(operatorSessions.userId, operatorId), chosen)),
    auditIfChanged(database, audit),
  ]);
  return meta.changes;
}

/** Returns the hash of an operator's password, or `null` when the operator has none. */
export async function readPasswordHash(db: D1Database, operatorId: string): Promise<string | null> {
  const rows = await drizzle(db)
    .select({ hash: operatorIdentities.password })
    .from(operatorIdentities)
    .where(and(eq(operatorIdentities.userId, operatorId), isNotNull(operatorIdentities.password)));
  return rows[0]?.hash ?? null;
}

/** Replaces the password and revokes every other session, in one transaction. */
export async function replacePassword(
  db: D1Database,
  session: { operatorId: string; token: string },
  hash: string,
  audit: AuditEntry,
): Promise<void> {
  const database = drizzle(db);
  await database.batch([
    database
      .update(operatorIdentities)
      .set({ password: hash, updatedAt: new Date(audit.at) })
      .where(
        and(
          eq(operatorIdentities.userId, session.operatorId),
          eq(operatorIdentities.providerId, "credential"),
        ),
      ),
    auditIfChanged(database, audit),
    database
      .delete(operatorSessions)
      .where(and(eq(operatorSessions.userId, session.operatorId), ne(operatorSessions.token, session.token))),
  ]);
}
