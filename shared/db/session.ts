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
  // Renamed: D1 answers a batch with objects, and two columns of one name would be one.
  accountName: sql<string | null>`${accounts.name}`.as("account_name"),
  planStatus: accounts.planStatus,
};

/**
 * Who a session's token stands for, with membership, role and the account's projects: everything that a decision about
 * a request rests on, in one round trip. `now` is the machine's clock, as sessions are about people and browsers.
 * `null` for a token that is unknown, revoked or expired.
 */
export async function readSession(db: D1Database, token: string, now: number) {
  const database = drizzle(db);
  const isLive = and(eq(operatorSessions.token, token), gt(operatorSessions.expiresAt, new Date(now)));
  const [sessions, ofAccount] = await database.batch([
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
  return session === undefined ? null : { ...session, projects: ofAccount };
}

export type OperatorSession = NonNullable<Awaited<ReturnType<typeof readSession>>>;
export type ProjectOfSession = OperatorSession["projects"][number];

/** Notes that the operator has just shown their password or a code. */
export async function markProven(db: D1Database, token: string, now: number): Promise<void> {
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

/** Ends one session, or all but `keepToken`. Returns how many ended. */
export async function endSessions(
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

/** The hash of an operator's password, or `null` for who has none. */
export async function readPasswordHash(db: D1Database, operatorId: string): Promise<string | null> {
  const rows = await drizzle(db)
    .select({ hash: operatorIdentities.password })
    .from(operatorIdentities)
    .where(and(eq(operatorIdentities.userId, operatorId), isNotNull(operatorIdentities.password)));
  return rows[0]?.hash ?? null;
}

/** Replaces the password and ends every other session, in one transaction. */
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
