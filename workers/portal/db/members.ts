import { and, asc, eq, sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import type { Role } from "../../../shared/contract/roles.ts";
import { type Actor, auditIfChanged } from "../../../shared/db/audit.ts";
import { members } from "../../../shared/db/tables/people.ts";
import { operatorSessions, operators } from "../../../shared/db/tables/sign-in.ts";
import type { Authorized } from "../../../shared/operations/authorize.ts";
import { listOpenInvitationsOf, revokeInvitationsOf, selectOpenInvitations } from "./invitations.ts";
import { deleteResets } from "./resets.ts";

/** Reads the members and open invitations of an account, in one round trip. */
export async function readTeam(db: D1Database, accountId: string, now: number) {
  const database = drizzle(db);
  const [people, invited] = await database.batch([
    database
      .select({
        operatorId: members.operatorId,
        name: operators.name,
        email: operators.email,
        role: members.role,
        hasSecondFactor: sql<boolean>`coalesce(${operators.twoFactorEnabled}, 0) = 1`.mapWith(Boolean),
        createdAt: members.createdAt,
      })
      .from(members)
      .innerJoin(operators, eq(operators.id, members.operatorId))
      .where(eq(members.accountId, accountId))
      .orderBy(asc(members.createdAt)),
    selectOpenInvitations(database, accountId, now),
  ]);
  return { people, invited };
}

const hasOtherOwner = (accountId: string, operatorId: string) =>
  sql`EXISTS (SELECT 1 FROM members AS other
    WHERE other.account_id = ${accountId} AND other.role = 'owner' AND other.operator_id <> ${operatorId})`;

/**
 * Changes a member's role. Returns whether it was changed. An account always keeps an owner, even when two
 * owners step down at the same time. The reset links and open invitations of a demoted owner end.
 */
export async function changeRole(
  db: D1Database,
  { actor, now }: Authorized,
  change: { operatorId: string; email: string; from: Role; to: Role },
): Promise<boolean> {
  const database = drizzle(db);
  const { operatorId, email, from, to } = change;
  const entry = { actor, at: now, action: "member.change_role" as const, target: email };
  const sent = from === "owner" ? await listOpenInvitationsOf(db, actor, operatorId, now) : [];
  const isNoOwner = isNoMember(operatorId, "owner");
  const [{ meta }] = await database.batch([
    database
      .update(members)
      .set({ role: to, updatedAt: now })
      .where(
        and(
          eq(members.operatorId, operatorId),
          eq(members.accountId, actor.accountId),
          eq(members.role, from),
          to === "owner"
            ? undefined
            : sql`(role <> 'owner' OR ${hasOtherOwner(actor.accountId, operatorId)})`,
        ),
      ),
    auditIfChanged(database, { ...entry, before: { role: from }, after: { role: to } }),
    ...(from === "owner" ? [deleteResets(database, operatorId, isNoOwner)] : []),
    ...revokeInvitationsOf(database, actor, sent, isNoOwner, now),
  ]);
  return meta.changes > 0;
}

/** Returns the condition that the operator has no membership, or none with this role. */
const isNoMember = (operatorId: string, role?: Role) =>
  sql`NOT EXISTS (SELECT 1 FROM members WHERE operator_id = ${operatorId}
    ${role === undefined ? sql`` : sql`AND role = ${role}`})`;

/**
 * Deletes a membership, all of the operator's sessions, and the reset links that the operator has or has created, and revokes
 * the open invitations that the operator has sent. Returns whether it did: the last owner cannot be removed.
 */
export async function removeMember(
  db: D1Database,
  actor: Actor,
  member: { operatorId: string; email: string; role: Role },
  now: number,
): Promise<boolean> {
  const database = drizzle(db);
  const { operatorId, email, role } = member;
  const action = operatorId === actor.operatorId ? "member.leave" : "member.remove";
  const sent = await listOpenInvitationsOf(db, actor, operatorId, now);
  const [{ meta }] = await database.batch([
    database
      .delete(members)
      .where(
        and(
          eq(members.operatorId, operatorId),
          eq(members.accountId, actor.accountId),
          sql`(role <> 'owner' OR ${hasOtherOwner(actor.accountId, operatorId)})`,
        ),
      ),
    auditIfChanged(database, { actor, at: now, action, target: email, before: { role } }),
    database
      .delete(operatorSessions)
      .where(and(eq(operatorSessions.userId, operatorId), isNoMember(operatorId))),
    deleteResets(database, operatorId, isNoMember(operatorId)),
    ...revokeInvitationsOf(database, actor, sent, isNoMember(operatorId), now),
  ]);
  return meta.changes > 0;
}
