import { inArray, sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { signInThrottles } from "../../../shared/db/tables/sign-in.ts";

const windowMs = 15 * 60_000;

export interface SignInAttemptLimit {
  name: string;
  max: number;
}

/**
 * Counts an attempt under each name before its outcome is known, so that concurrent attempts count too.
 * Returns whether all names are within their limits in the current 15-minute window. `now` is the machine's
 * clock, in milliseconds.
 */
export async function countSignInAttempt(
  db: D1Database,
  limits: SignInAttemptLimit[],
  now: number,
): Promise<boolean> {
  const rows = await drizzle(db)
    .insert(signInThrottles)
    .values(limits.map(({ name }) => ({ name, failures: 1, windowEndsAt: now + windowMs })))
    .onConflictDoUpdate({
      target: signInThrottles.name,
      set: {
        failures: sql`CASE WHEN window_ends_at <= ${now} THEN 1 ELSE failures + 1 END`,
        windowEndsAt: sql`CASE WHEN window_ends_at <= ${now} THEN ${now + windowMs} ELSE window_ends_at END`,
      },
    })
    .returning({ name: signInThrottles.name, failures: signInThrottles.failures });
  const maxByName = new Map(limits.map((limit) => [limit.name, limit.max]));
  return rows.every(({ name, failures }) => failures <= (maxByName.get(name) ?? 0));
}

/** Resets the counts of the names after a successful attempt. */
export async function clearSignInAttempts(db: D1Database, limits: SignInAttemptLimit[]): Promise<void> {
  const names = limits.map(({ name }) => name);
  await drizzle(db).delete(signInThrottles).where(inArray(signInThrottles.name, names));
}
