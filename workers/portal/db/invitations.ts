import { and, desc, eq, gt, isNull, type SQL, sql } from "drizzle-orm";
import { type DrizzleD1Database, drizzle } from "drizzle-orm/d1";
import { type Actor, auditIfChanged, auditStatement } from "../../../shared/db/audit.ts";
import { accounts } from "../../../shared/db/tables/configuration.ts";
import { invitations, members } from "../../../shared/db/tables/people.ts";
import { operators } from "../../../shared/db/tables/sign-in.ts";
import type { Authorized } from "../../../shared/operations/authorize.ts";
import { buildOperatorInserts } from "./setup.ts";

export type InvitationRow = typeof invitations.$inferSelect;

const isOpen = (now: number) =>
  and(isNull(invitations.acceptedAt), isNull(invitations.revokedAt), gt(invitations.expiresAt, now));

/** Builds the statement that selects the open invitations of an account, newest first. */
export function selectOpenInvitations(database: DrizzleD1Database, accountId: string, now: number) {
  return database
    .select()
    .from(invitations)
    .where(and(eq(invitations.accountId, accountId), isOpen(now)))
    .orderBy(desc(invitations.createdAt));
}

/**
 * Inserts the invitation. Returns whether it is new: a form submitted twice carries the same invitation id.
 */
export async function insertInvitation(
  db: D1Database,
  { actor }: Authorized,
  row: InvitationRow,
): Promise<boolean> {
  const database = drizzle(db);
  const [{ meta }] = await database.batch([
    database.insert(invitations).values(row).onConflictDoNothing(),
    auditIfChanged(database, {
      actor,
      at: row.createdAt,
      action: "invitation.create",
      target: row.email,
      after: { role: row.role },
    }),
  ]);
  return meta.changes > 0;
}

/** Returns whether a member with this email exists. */
export async function isMemberEmail(db: D1Database, email: string): Promise<boolean> {
  const rows = await drizzle(db)
    .select({ id: operators.id })
    .from(operators)
    .innerJoin(members, eq(members.operatorId, operators.id))
    .where(eq(operators.email, email));
  return rows.length > 0;
}

/**
 * Replaces the link of an open invitation. The previous link stops working. Returns the updated invitation,
 * or `null` when the invitation is not open or has changed since it was shown: of a form submitted twice,
 * only the first counts.
 */
export async function renewInvitation(
  db: D1Database,
  { actor, now }: Authorized,
  shown: { invitationId: string; expiresAt: number },
  link: { tokenHash: string; expiresAt: number },
): Promise<InvitationRow | null> {
  const database = drizzle(db);
  const isUnchanged = and(
    eq(invitations.invitationId, shown.invitationId),
    eq(invitations.accountId, actor.accountId),
    eq(invitations.expiresAt, shown.expiresAt),
    isOpen(now),
  );
  const [found] = await database.select().from(invitations).where(isUnchanged);
  if (found === undefined) return null;
  const [{ meta }] = await database.batch([
    database.update(invitations).set(link).where(isUnchanged),
    auditIfChanged(database, {
      actor,
      at: now,
      action: "invitation.renew",
      target: found.email,
      after: { role: found.role },
    }),
  ]);
  return meta.changes > 0 ? { ...found, ...link } : null;
}

export async function revokeInvitation(
  db: D1Database,
  actor: Actor,
  invitationId: string,
  now: number,
): Promise<boolean> {
  const database = drizzle(db);
  const matchesInvitation = and(
    eq(invitations.invitationId, invitationId),
    eq(invitations.accountId, actor.accountId),
  );
  const [found] = await database
    .select({ email: invitations.email })
    .from(invitations)
    .where(matchesInvitation);
  if (found === undefined) return false;
  const [{ meta }] = await database.batch([
    database
      .update(invitations)
      .set({ revokedAt: now })
      .where(and(matchesInvitation, isOpen(now))),
    auditIfChanged(database, { actor, at: now, action: "invitation.revoke", target: found.email }),
  ]);
  return meta.changes > 0;
}

/** Returns the open invitations that an operator has sent. */
export function listOpenInvitationsOf(db: D1Database, actor: Actor, operatorId: string, now: number) {
  return drizzle(db)
    .select({ invitationId: invitations.invitationId, email: invitations.email })
    .from(invitations)
    .where(
      and(eq(invitations.accountId, actor.accountId), eq(invitations.invitedBy, operatorId), isOpen(now)),
    );
}

/**
 * Builds the statements that revoke invitations once `hasLostPower` is true, each with its audit entry. They belong in the
 * batch that takes the power away: who was an owner could otherwise come back as one, by an invitation to another address.
 */
export const revokeInvitationsOf = (
  database: DrizzleD1Database,
  actor: Actor,
  sent: readonly { invitationId: string; email: string }[],
  hasLostPower: SQL,
  now: number,
) =>
  sent.flatMap(({ invitationId, email }) => [
    database
      .update(invitations)
      .set({ revokedAt: now })
      .where(and(eq(invitations.invitationId, invitationId), isOpen(now), hasLostPower)),
    auditIfChanged(database, { actor, at: now, action: "invitation.revoke", target: email }),
  ]);

/**
 * Returns the invitation behind a link in any state, with the account's name and the invited operator's id,
 * if any.
 */
export async function readInvitation(db: D1Database, tokenHash: string) {
  const rows = await drizzle(db)
    .select({ invitation: invitations, accountName: accounts.name, operatorId: operators.id })
    .from(invitations)
    .innerJoin(accounts, eq(accounts.accountId, invitations.accountId))
    .leftJoin(operators, eq(operators.email, invitations.email))
    .where(eq(invitations.tokenHash, tokenHash));
  return rows[0] ?? null;
}

/** Returns whether an open invitation exists for this email. Sign-up requires one. */
export async function hasOpenInvitation(db: D1Database, email: string, now: number): Promise<boolean> {
  const rows = await drizzle(db)
    .select({ id: invitations.invitationId })
    .from(invitations)
    .where(and(eq(invitations.email, email.toLowerCase()), isOpen(now)))
    .limit(1);
  return rows.length > 0;
}

export interface InvitedOperator {
  operatorId: string;
  name: string;
  email: string;
  /**
   * `null` when the operator exists already: a former member, or one who signed in through Google or
   * Microsoft.
   */
  passwordHash: string | null;
  ipAddress: string | null;
}

/**
 * Makes the invited person a member, in one transaction. It fails as a whole when the invitation is no longer
 * open: the role is read from the open invitation, and a membership without a role cannot be stored.
 */
export async function acceptInvitation(
  db: D1Database,
  invitation: InvitationRow,
  person: InvitedOperator,
  now: number,
): Promise<void> {
  const database = drizzle(db);
  const { invitationId, accountId, role } = invitation;
  const { operatorId, name, email, passwordHash, ipAddress } = person;
  const actor: Actor = { accountId, operatorId, name, email, ipAddress };
  const openRole = database
    .select({ role: invitations.role })
    .from(invitations)
    .where(and(eq(invitations.invitationId, invitationId), isOpen(now)));
  await database.batch([
    database
      .insert(members)
      .values({ operatorId, accountId, role: sql`(${openRole})`, createdAt: now, updatedAt: now }),
    database.update(invitations).set({ acceptedAt: now }).where(eq(invitations.invitationId, invitationId)),
    auditStatement(database, { actor, at: now, action: "member.join", target: email, after: { role } }),
    ...(passwordHash === null
      ? []
      : buildOperatorInserts(db, { operatorId, name, email, passwordHash }, now)),
  ]);
}
