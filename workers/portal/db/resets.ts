import { and, eq, or, type SQL, sql } from "drizzle-orm";
import { type DrizzleD1Database, drizzle } from "drizzle-orm/d1";
import { type AuditEntry, auditIfChanged } from "../../../shared/db/audit.ts";
import { members } from "../../../shared/db/tables/people.ts";
import {
  operatorIdentities,
  operatorSessions,
  operators,
  resetLinkCommand,
  secondFactors,
  signInResets,
} from "../../../shared/db/tables/sign-in.ts";
import type { Authorized } from "../../../shared/operations/authorize.ts";

export type ResetRow = typeof signInResets.$inferSelect;

/** The operator requested the link by mail. Such a link never ends the second factor. */
const isRequested = sql`(sign_in_resets.created_by = sign_in_resets.operator_id
  AND sign_in_resets.ends_second_factor = 0)`;

/** How long a requested link is safe from another request, which a stranger can make too. */
const keepRequestedMs = 15 * 60_000;

/**
 * Returns the condition that a link works: until it expires, and while its creator has the power to reset the operator.
 * Each use checks this again, since an owner can be removed or demoted, and an operator can join another account.
 */
const isOpen = (tokenHash: string, now: number) => sql`sign_in_resets.token_hash = ${tokenHash}
  AND sign_in_resets.expires_at > ${now}
  AND (
    ${isRequested}
    OR sign_in_resets.created_by = ${resetLinkCommand}
    OR EXISTS (SELECT 1 FROM members AS creator INNER JOIN members AS member USING (account_id)
      WHERE creator.operator_id = sign_in_resets.created_by AND creator.role = 'owner'
        AND member.operator_id = sign_in_resets.operator_id AND member.operator_id <> creator.operator_id)
  )`;

/**
 * Stores the link of an owner for another member of the same account, instead of any other link. Returns
 * whether it did. Owners get none for themselves: it could end their own second factor without its code.
 */
export async function insertReset(
  db: D1Database,
  { actor, now }: Authorized,
  reset: Pick<ResetRow, "operatorId" | "tokenHash" | "expiresAt" | "endsSecondFactor">,
  email: string,
): Promise<boolean> {
  const database = drizzle(db);
  const { operatorId, tokenHash, expiresAt, endsSecondFactor } = reset;
  const row = sql`SELECT operator_id, ${tokenHash}, ${actor.operatorId}, ${now}, ${expiresAt},
      ${endsSecondFactor ? 1 : 0}
    FROM members WHERE operator_id = ${operatorId} AND account_id = ${actor.accountId}
      AND operator_id <> ${actor.operatorId}`;
  const [{ meta }] = await database.batch([
    upsertReset(database, row, sql`true`),
    auditIfChanged(database, {
      actor,
      at: now,
      action: "member.create_reset_link",
      target: email,
      after: { endsSecondFactor },
    }),
  ]);
  return meta.changes > 0;
}

/**
 * Stores the link that an operator requested by mail. Anyone can request one, so it never replaces an open link of an
 * owner or of the command, nor one that was requested less than 15 minutes ago. Returns the operator's name, or `null`
 * if nothing was stored.
 */
export async function insertRequestedReset(
  db: D1Database,
  email: string,
  link: { tokenHash: string; expiresAt: number },
  now: number,
): Promise<{ name: string } | null> {
  const database = drizzle(db);
  const row = sql`SELECT operator_id, ${link.tokenHash}, operator_id, ${now}, ${link.expiresAt}, 0
    FROM operators WHERE email = ${email.toLowerCase()}`;
  const isReplaceable = sql`sign_in_resets.expires_at <= ${now}
    OR (${isRequested} AND sign_in_resets.created_at <= ${now - keepRequestedMs})`;
  const { meta } = await upsertReset(database, row, isReplaceable).run();
  if (meta.changes === 0) return null;
  const [operator] = await database
    .select({ name: operators.name })
    .from(operators)
    .where(eq(operators.email, email.toLowerCase()));
  return operator ?? null;
}

const upsertReset = (database: DrizzleD1Database, row: SQL, isReplaceable: SQL) =>
  database
    .insert(signInResets)
    .select(row)
    .onConflictDoUpdate({
      target: signInResets.operatorId,
      set: {
        tokenHash: sql`excluded.token_hash`,
        createdBy: sql`excluded.created_by`,
        createdAt: sql`excluded.created_at`,
        expiresAt: sql`excluded.expires_at`,
        endsSecondFactor: sql`excluded.ends_second_factor`,
      },
      setWhere: isReplaceable,
    });

/** Returns the open reset of a link with its operator, or `null`. */
export async function readReset(db: D1Database, tokenHash: string, now: number) {
  const rows = await drizzle(db)
    .select({
      operatorId: operators.id,
      name: operators.name,
      email: operators.email,
      accountId: members.accountId,
      endsSecondFactor: signInResets.endsSecondFactor,
    })
    .from(signInResets)
    .innerJoin(operators, eq(operators.id, signInResets.operatorId))
    .leftJoin(members, eq(members.operatorId, operators.id))
    .where(isOpen(tokenHash, now));
  return rows[0] ?? null;
}

/**
 * Uses an open link, in one transaction: sets the password, ends every session of the operator, turns off the
 * second factor if the link says so, and deletes the link. Returns `false` and changes nothing if the link does
 * not work any more: each statement depends on its row, which the last one deletes.
 */
export async function useReset(
  db: D1Database,
  reset: { tokenHash: string; operatorId: string; endsSecondFactor: boolean },
  passwordHash: string,
  now: number,
  audit: AuditEntry | null,
): Promise<boolean> {
  const database = drizzle(db);
  const { operatorId, tokenHash, endsSecondFactor } = reset;
  const exists = sql`EXISTS (SELECT 1 FROM sign_in_resets
    WHERE operator_id = ${operatorId} AND ${isOpen(tokenHash, now)})`;
  const identity = sql`SELECT ${`credential:${operatorId}`}, ${operatorId}, ${operatorId}, 'credential',
    NULL, NULL, NULL, NULL, NULL, NULL, ${passwordHash}, ${now}, ${now} WHERE ${exists}`;
  const results = await database.batch([
    database
      .insert(operatorIdentities)
      .select(identity)
      .onConflictDoUpdate({
        target: operatorIdentities.id,
        set: { password: passwordHash, updatedAt: new Date(now) },
      }),
    ...(audit === null ? [] : [auditIfChanged(database, audit)]),
    ...(endsSecondFactor
      ? [
          database.delete(secondFactors).where(and(eq(secondFactors.userId, operatorId), exists)),
          database
            .update(operators)
            .set({ twoFactorEnabled: false })
            .where(and(eq(operators.id, operatorId), exists)),
        ]
      : []),
    database.delete(operatorSessions).where(and(eq(operatorSessions.userId, operatorId), exists)),
    database.delete(signInResets).where(and(eq(signInResets.operatorId, operatorId), exists)),
  ]);
  return (results.at(-1)?.meta.changes ?? 0) > 0;
}

/**
 * Builds the statement that deletes the links that an operator has or has created, once `hasLostPower` is true. It
 * belongs in the batch that takes the power away.
 */
export const deleteResets = (database: DrizzleD1Database, operatorId: string, hasLostPower: SQL) =>
  database
    .delete(signInResets)
    .where(
      and(or(eq(signInResets.operatorId, operatorId), eq(signInResets.createdBy, operatorId)), hasLostPower),
    );
