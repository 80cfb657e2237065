import { and, asc, eq, gt, isNotNull, ne, sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { type AuditEntry, auditIfChanged } from "./audit.ts";
import { accounts, projects } from "./tables/configuration.ts";
import { members } from "./tables/people.ts";
import { operatorIdentities, operatorSessions, operators } from "./tables/sign-in.ts";

const sessionColumns = {
  sessionId: operatorSessions.id,
  token: operatorSessions.token,
  provenAt: operatorSessions.provenAt,
  startedAt: operatorSessions.createdAt,
  operatorId: operators.id,
  name: operators.name,
  email: operators.email,
  hasSecondFactor: sql<boolean>`coalesce(${operators.twoFactorEnabled}, 0) = 1`.mapWith(Boolean),
  hasPassword: sql<boolean>`EXISTS (SELECT 1 FROM operator_identities
    WHERE operator_id = ${operators.id} AND password_hash IS NOT NULL)`.mapWith(Boolean),
  role: members.role,
  accountId: members.accountId,
  // Aliased: D1 returns the rows of a batch as objects, where two columns called `name` would collide.
  accountName: sql<string | null>`${accounts.name}`.as("account_name"),
  planStatus: accounts.planStatus,
};

/**
 * Returns the operator behind a session token with membership, role and the account's projects: everything
 * that an authorization decision needs, in one round trip. Returns `null` for a token that is unknown,
 * revoked or expired. `now` is the machine's clock, not the adjustable development clock, because sessions
 * belong to people and browsers.
 */
export async function readSession(db: D1Database, token: string, now: number) {
  const database = drizzle(db);
  const isLive = and(eq(operatorSessions.token, token), gt(operatorSessions.expiresAt, new Date(now)));
  const [sessions, accountProjects] = await database.batch([
    database
      .select(sessionColumns)
      .from(operatorSessions)
      .innerJoin(operators, eq(operators.id, operatorSessions.userId))
      .leftJoin(members, eq(members.operatorId, operators.id))
      .leftJoin(accounts, eq(accounts.accountId, members.accountId))
      .where(isLive),
    database
      .select({
        projectId: projects.projectId,
        accountId: projects.accountId,
        name: projects.name,
        region: projects.region,
        archivedAt: projects.archivedAt,
        createdAt: projects.createdAt,
        updatedAt: projects.updatedAt,
      })
      .from(operatorSessions)
      .innerJoin(members, eq(members.operatorId, operatorSessions.userId))
      .innerJoin(projects, eq(projects.accountId, members.accountId))
      .where(isLive)
      .orderBy(asc(projects.createdAt)),
  ]);
  const session = sessions[0];
  return session === undefined ? null : { ...session, projects: accountProjects };
}

export type OperatorSession = NonNullable<Awaited<ReturnType<typeof readSession>>>;
export type SessionProject = OperatorSession["projects"][number];

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
