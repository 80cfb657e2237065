import { and, eq, ne, sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { type AuditEntry, auditIfChanged } from "../../../shared/db/audit.ts";
import { operatorSessions, operators, secondFactors } from "../../../shared/db/tables/sign-in.ts";

export async function readSecondFactor(db: D1Database, operatorId: string) {
  const rows = await drizzle(db).select().from(secondFactors).where(eq(secondFactors.userId, operatorId));
  return rows[0] ?? null;
}

/** Of two requests with a code of the same time step, the database admits one. */
const isLaterStep = (step: number) => sql`coalesce(last_time_step, -1) < ${step}`;

/** Uses up a time step. Returns `false` if a code of this step or a later one was accepted before. */
export async function takeTimeStep(db: D1Database, operatorId: string, step: number): Promise<boolean> {
  const { meta } = await drizzle(db)
    .update(secondFactors)
    .set({ lastTimeStep: step })
    .where(and(eq(secondFactors.userId, operatorId), eq(secondFactors.verified, true), isLaterStep(step)))
    .run();
  return meta.changes > 0;
}

/** Replaces the sealed backup codes. Returns `false` if they were changed since they were read. */
export async function replaceBackupCodes(
  db: D1Database,
  operatorId: string,
  codes: { from: string; to: string },
  audit: AuditEntry | null,
): Promise<boolean> {
  const database = drizzle(db);
  const isUnchanged = and(eq(secondFactors.userId, operatorId), eq(secondFactors.backupCodes, codes.from));
  const [{ meta }] = await database.batch([
    database.update(secondFactors).set({ backupCodes: codes.to }).where(isUnchanged),
    ...(audit === null ? [] : [auditIfChanged(database, audit)]),
  ]);
  return meta.changes > 0;
}

/**
 * Turns the second factor on with the first code of its app, and ends every other session of the operator:
 * they were begun without it. The code's time step is used up. Returns whether the code was the first of this
 * secret.
 */
export async function turnOnSecondFactor(
  db: D1Database,
  session: { operatorId: string; token: string },
  enrolled: { sealedSecret: string; step: number },
  audit: AuditEntry,
): Promise<boolean> {
  const database = drizzle(db);
  const { operatorId, token } = session;
  const isOn = sql`EXISTS (SELECT 1 FROM second_factors
    WHERE operator_id = ${operatorId} AND verified = 1 AND secret_sealed = ${enrolled.sealedSecret})`;
  const [{ meta }] = await database.batch([
    database
      .update(secondFactors)
      .set({ verified: true, lastTimeStep: enrolled.step })
      .where(
        and(
          eq(secondFactors.userId, operatorId),
          eq(secondFactors.verified, false),
          eq(secondFactors.secret, enrolled.sealedSecret),
        ),
      ),
    auditIfChanged(database, audit),
    database
      .update(operators)
      .set({ twoFactorEnabled: true })
      .where(and(eq(operators.id, operatorId), isOn)),
    database
      .delete(operatorSessions)
      .where(and(eq(operatorSessions.userId, operatorId), ne(operatorSessions.token, token), isOn)),
  ]);
  return meta.changes > 0;
}

export async function turnOffSecondFactor(
  db: D1Database,
  operatorId: string,
  audit: AuditEntry,
): Promise<void> {
  const database = drizzle(db);
  await database.batch([
    database.delete(secondFactors).where(eq(secondFactors.userId, operatorId)),
    auditIfChanged(database, audit),
    database.update(operators).set({ twoFactorEnabled: false }).where(eq(operators.id, operatorId)),
  ]);
}
