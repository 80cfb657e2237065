import { and, eq, gt, isNotNull, isNull, ne, sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { type AuditEntry, auditIfChanged } from "../../../shared/db/audit.ts";
import { operatorIdentities, operatorSessions, signInResets } from "../../../shared/db/tables/sign-in.ts";

/**
 * Completes the sign-in of a new session: from now on it opens the portal, and counts as authenticated at
 * `provenAt`. The audit entry is part of it. Returns `false` and changes nothing if it was complete before, or
 * if the operator has a second factor and entered no code: it may have been turned on since the password was
 * checked.
 */
export async function completeSignIn(
  db: D1Database,
  token: string,
  { provenAt, withCode }: { provenAt: number; withCode: boolean },
  audit: AuditEntry | null,
): Promise<boolean> {
  const database = drizzle(db);
  const isIncomplete = and(
    eq(operatorSessions.token, token),
    isNull(operatorSessions.provenAt),
    withCode
      ? undefined
      : sql`NOT EXISTS (SELECT 1 FROM second_factors AS factor
          WHERE factor.operator_id = operator_sessions.operator_id AND factor.verified = 1)`,
  );
  const [{ meta }] = await database.batch([
    database
      .update(operatorSessions)
      .set({ provenAt: new Date(provenAt) })
      .where(isIncomplete),
    ...(audit === null ? [] : [auditIfChanged(database, audit)]),
  ]);
  return meta.changes > 0;
}

/** Records that the operator of a session has just entered a password or code. */
export async function renewProof(
  db: D1Database,
  token: string,
  now: number,
  audit: AuditEntry | null,
): Promise<void> {
  const database = drizzle(db);
  await database.batch([
    database
      .update(operatorSessions)
      .set({ provenAt: new Date(now) })
      .where(eq(operatorSessions.token, token)),
    ...(audit === null ? [] : [auditIfChanged(database, audit)]),
  ]);
}

/** Ends a session that signs out. `audit` is `null` for an operator who belongs to no account. */
export async function deleteSession(db: D1Database, token: string, audit: AuditEntry | null): Promise<void> {
  const database = drizzle(db);
  await database.batch([
    database.delete(operatorSessions).where(eq(operatorSessions.token, token)),
    ...(audit === null ? [] : [auditIfChanged(database, audit)]),
  ]);
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

/** Replaces the password, revokes every other session and any open reset link, in one transaction. */
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
    database.delete(signInResets).where(eq(signInResets.operatorId, session.operatorId)),
  ]);
}

/** Lists the operator's identities at providers. */
export async function listIdentities(db: D1Database, operatorId: string) {
  return drizzle(db)
    .select({
      identityId: operatorIdentities.id,
      provider: operatorIdentities.providerId,
      createdAt: operatorIdentities.createdAt,
    })
    .from(operatorIdentities)
    .where(and(eq(operatorIdentities.userId, operatorId), ne(operatorIdentities.providerId, "credential")))
    .orderBy(operatorIdentities.createdAt);
}

/**
 * Deletes an identity at a provider and ends every other session of the operator, which the identity may have
 * begun. Returns `false` and changes nothing if it is the operator's only way to sign in.
 */
export async function unlinkIdentity(
  db: D1Database,
  session: { operatorId: string; token: string },
  identityId: string,
  audit: AuditEntry,
): Promise<boolean> {
  const database = drizzle(db);
  const { operatorId, token } = session;
  const [{ meta }] = await database.batch([
    database.delete(operatorIdentities).where(
      and(
        eq(operatorIdentities.id, identityId),
        eq(operatorIdentities.userId, operatorId),
        ne(operatorIdentities.providerId, "credential"),
        sql`EXISTS (SELECT 1 FROM operator_identities AS other
          WHERE other.operator_id = ${operatorId} AND other.identity_id <> ${identityId})`,
      ),
    ),
    auditIfChanged(database, audit),
    database
      .delete(operatorSessions)
      .where(
        and(
          eq(operatorSessions.userId, operatorId),
          ne(operatorSessions.token, token),
          sql`NOT EXISTS (SELECT 1 FROM operator_identities WHERE identity_id = ${identityId})`,
        ),
      ),
  ]);
  return meta.changes > 0;
}
