import { desc, eq } from "drizzle-orm";
import { type DrizzleD1Database, drizzle } from "drizzle-orm/d1";
import { type SubjectKey, subjectName } from "../domain/subject-name.ts";
import { sha256Hex } from "../kit/hash.ts";
import { erasures } from "./tables/records.ts";

export type ErasureRow = typeof erasures.$inferSelect;

/**
 * Returns the hash that replaces an erased customer's name. A guess of the name can be confirmed against the
 * hash.
 */
export function hashSubjectName(key: SubjectKey): string {
  return sha256Hex(`licenzy erased subject\n${subjectName(key)}`);
}

/** Builds the statement that selects the newest erasure of a customer. */
export function selectLastErasure(database: DrizzleD1Database, key: SubjectKey) {
  return database
    .select({
      erasureId: erasures.erasureId,
      state: erasures.state,
      askedAt: erasures.askedAt,
      doneAt: erasures.doneAt,
      operatorName: erasures.operatorName,
    })
    .from(erasures)
    .where(eq(erasures.subjectHash, hashSubjectName(key)))
    .orderBy(desc(erasures.askedAt))
    .limit(1);
}

export type LastErasure = Awaited<ReturnType<typeof selectLastErasure>>[number];

export async function readLastErasure(db: D1Database, key: SubjectKey): Promise<LastErasure | null> {
  return (await selectLastErasure(drizzle(db), key))[0] ?? null;
}
