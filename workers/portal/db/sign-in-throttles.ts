import { and, eq, gt, gte, inArray, or, sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { signInThrottles } from "../../../shared/db/tables/sign-in.ts";

const windowMs = 15 * 60_000;

/** Counts attempts in a window of 15 minutes. */
export interface Counter {
  name: string;
  /** The number of failed attempts that a window admits. */
  max: number;
  /** Whether success resets the counter. Otherwise success only takes its own attempt back. */
  resets?: true;
}

/**
 * Counts an attempt before its result is known, so that concurrent attempts count too. Returns whether every
 * counter had room. The counters are read first: while one is full, nothing is written. Of the same address
 * or place, an attempt without room changes no row. `now` is in milliseconds since 1970.
 */
export async function countAttempt(db: D1Database, counters: Counter[], now: number): Promise<boolean> {
  const database = drizzle(db);
  const full = await database
    .select({ name: signInThrottles.name })
    .from(signInThrottles)
    .where(
      and(
        gt(signInThrottles.windowEndsAt, now),
        or(
          ...counters.map(({ name, max }) =>
            and(eq(signInThrottles.name, name), gte(signInThrottles.failures, max)),
          ),
        ),
      ),
    )
    .limit(1);
  if (full.length > 0) return false;
  const rows = await database
    .insert(signInThrottles)
    .values(counters.map(({ name }) => ({ name, failures: 1, windowEndsAt: now + windowMs })))
    .onConflictDoUpdate({
      target: signInThrottles.name,
      set: {
        failures: sql`CASE WHEN window_ends_at <= ${now} THEN 1 ELSE failures + 1 END`,
        windowEndsAt: sql`CASE WHEN window_ends_at <= ${now} THEN ${now + windowMs} ELSE window_ends_at END`,
      },
    })
    .returning({ name: signInThrottles.name, failures: signInThrottles.failures });
  const maxByName = new Map(counters.map(({ name, max }) => [name, max]));
  return rows.every(({ name, failures }) => failures <= (maxByName.get(name) ?? 0));
}

/**
 * Takes a successful attempt back. A counter that others share is not reset: someone with a valid account
 * could otherwise reset it between guesses at another account.
 */
export async function takeBackAttempt(db: D1Database, counters: Counter[]): Promise<void> {
  const database = drizzle(db);
  const named = (resets: boolean) =>
    inArray(
      signInThrottles.name,
      counters.filter((counter) => (counter.resets === true) === resets).map(({ name }) => name),
    );
  await database.batch([
    database.delete(signInThrottles).where(named(true)),
    database.update(signInThrottles).set({ failures: sql`max(failures - 1, 0)` }).where(named(false)),
  ]);
}
