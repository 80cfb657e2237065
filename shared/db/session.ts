import { and, asc, eq, gt, sql } from "drizzle-orm";
import { type DrizzleD1Database, drizzle } from "drizzle-orm/d1";
import type { Scope } from "../contract/scope.ts";
import { countOpenAlerts } from "./alerts.ts";
import { queryBoth } from "./databases.ts";
import { accounts, projects } from "./tables/configuration.ts";
import { members } from "./tables/people.ts";
import { operatorSessions, operators } from "./tables/sign-in.ts";

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

/** The token of a session, and the machine's time at which it must be live. */
export interface SessionKey {
  token: string;
  now: number;
}

/**
 * Builds the queries of a session, for a batch that may read more: rows of a project do not count before the project is
 * found to belong to the session's account. `toSession` takes the rows.
 */
export function selectSession(database: DrizzleD1Database, { token, now }: SessionKey) {
  const isLive = and(eq(operatorSessions.token, token), gt(operatorSessions.expiresAt, new Date(now)));
  return [
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
  ] as const;
}

type SessionQueries = ReturnType<typeof selectSession>;

export function toSession(
  [session]: SessionQueries[0]["_"]["result"],
  accountProjects: SessionQueries[1]["_"]["result"],
  openAlerts = 0,
) {
  return session === undefined ? null : { ...session, projects: accountProjects, openAlerts };
}

/**
 * Returns the operator behind a session token with membership, role and the account's projects: everything
 * that an authorization decision needs, in one round trip. Returns `null` for a token that is unknown,
 * revoked or expired. `now` is the machine's clock, not the adjustable development clock, because sessions
 * belong to people and browsers.
 *
 * `inbox` also counts the open alerts of a project, at the time of its clock. The caller must check that the project
 * belongs to the session's account before it shows the count.
 */
export async function readSession(
  db: D1Database,
  token: string,
  now: number,
  inbox: { data: D1Database; scope: Scope; now: number } | null = null,
) {
  const ofControl = (database: DrizzleD1Database) => selectSession(database, { token, now });
  if (inbox === null) {
    const [sessions, accountProjects] = await drizzle(db).batch(ofControl(drizzle(db)));
    return toSession(sessions, accountProjects);
  }
  const databases = { control: db, data: inbox.data };
  const [[sessions, accountProjects], [openAlerts]] = await queryBoth(databases, ofControl, (database) => [
    countOpenAlerts(database, inbox.scope, inbox.now),
  ]);
  return toSession(sessions, accountProjects, openAlerts[0]?.open);
}

export type OperatorSession = NonNullable<Awaited<ReturnType<typeof readSession>>>;
export type SessionProject = OperatorSession["projects"][number];
