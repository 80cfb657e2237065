import { and, desc, eq, gt, isNull, sql } from "drizzle-orm";
import { type DrizzleD1Database, drizzle } from "drizzle-orm/d1";
import { type Actor, auditIfChanged, auditStatement } from "./audit.ts";
import { newOperator } from "./setup.ts";
import { accounts } from "./tables/configuration.ts";
import { invitations, members } from "./tables/people.ts";
import { operators } from "./tables/sign-in.ts";

export type InvitationRow = typeof invitations.$inferSelect;

const isOpen = (now: number) =>
  and(isNull(invitations.acceptedAt), isNull(invitations.revokedAt), gt(invitations.expiresAt, now));

export function openInvitations(database: DrizzleD1Database, accountId: string, now: number) {
  return database
    .select()
    .from(invitations)
    .where(and(eq(invitations.accountId, accountId), isOpen(now)))
    .orderBy(desc(invitations.createdAt));
}

/** Returns whether it is new: a form that was sent twice names the same invitation. */
export async function insertInvitation(db: D1Database, actor: Actor, row: InvitationRow): Promise<boolean> {
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

/** Whether somebody with this address can sign in already. */
export async function isOperator(db: D1Database, email: string): Promise<boolean> {
  const rows = await drizzle(db)
    .select({ id: operators.id })
    .from(operators)
    .innerJoin(members, eq(members.operatorId, operators.id))
    .where(eq(operators.email, email));
  return rows.length > 0;
}

/**
 * Gives an open invitation another link, which lasts from now; the one before opens nothing any more. Returns the
 * invitation as it is now; `null` when it is not open, or not as it was shown: of a form that was sent twice one is done.
 */
export async function renewInvitation(
  db: D1Database,
  actor: Actor,
  shown: { invitationId: string; expiresAt: number },
  link: { tokenHash: string; expiresAt: number },
  now: number,
): Promise<InvitationRow | null> {
  const database = drizzle(db);
  const asShown = and(
    eq(invitations.invitationId, shown.invitationId),
    eq(invitations.accountId, actor.accountId),
    eq(invitations.expiresAt, shown.expiresAt),
    isOpen(now),
  );
  const [found] = await database.select().from(invitations).where(asShown);
  if (found === undefined) return null;
  const [{ meta }] = await database.batch([
    database.update(invitations).set(link).where(asShown),
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
  const ofAccount = and(
    eq(invitations.invitationId, invitationId),
    eq(invitations.accountId, actor.accountId),
  );
  const [found] = await database.select({ email: invitations.email }).from(invitations).where(ofAccount);
  if (found === undefined) return false;
  const [{ meta }] = await database.batch([
    database
      .update(invitations)
      .set({ revokedAt: now })
      .where(and(ofAccount, isOpen(now))),
    auditIfChanged(database, { actor, at: now, action: "invitation.revoke", target: found.email }),
  ]);
  return meta.changes > 0;
}

/** The invitation behind a link, with the account's name, whatever has become of it. */
export async function readInvitation(db: D1Database, tokenHash: string) {
  const rows = await drizzle(db)
    .select({ invitation: invitations, accountName: accounts.name, operatorId: operators.id })
    .from(invitations)
    .innerJoin(accounts, eq(accounts.accountId, invitations.accountId))
    .leftJoin(operators, eq(operators.email, invitations.email))
    .where(eq(invitations.tokenHash, tokenHash));
  return rows[0] ?? null;
}

/** Whether somebody of this address was invited and has not come yet: sign-up is open to nobody else. */
export async function hasOpenInvitation(db: D1Database, email: string, now: number): Promise<boolean> {
  const rows = await drizzle(db)
    .select({ id: invitations.invitationId })
    .from(invitations)
    .where(and(eq(invitations.email, email.toLowerCase()), isOpen(now)))
    .limit(1);
  return rows.length > 0;
}

export interface Joining {
  operatorId: string;
  name: string;
  email: string;
  /** `null` when the operator exists: a former member, or one who came through Google or Microsoft. */
  passwordHash: string | null;
  ipAddress: string | null;
}

/**
 * Makes the invited person a member, in one transaction that fails as a whole when the invitation is not open any more:
 * the role is read from the open invitation, and a membership without a role can't be stored.
 */
export async function acceptInvitation(
  db: D1Database,
  invitation: InvitationRow,
  person: Joining,
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
    ...(passwordHash === null ? [] : newOperator(db, { operatorId, name, email, passwordHash }, now)),
  ]);
}
