import { and, eq } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { members } from "../../../shared/db/tables/people.ts";
import { operators } from "../../../shared/db/tables/sign-in.ts";

/** Returns the name of a member of the account, or `null`. */
export async function readMemberName(
  db: D1Database,
  accountId: string,
  operatorId: string,
): Promise<string | null> {
  const rows = await drizzle(db)
    .select({ name: operators.name })
    .from(members)
    .innerJoin(operators, eq(operators.id, members.operatorId))
    .where(and(eq(members.operatorId, operatorId), eq(members.accountId, accountId)));
  return rows[0]?.name ?? null;
}
