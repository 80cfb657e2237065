import { eq } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { members } from "../../../shared/db/tables/people.ts";
import { operators } from "../../../shared/db/tables/sign-in.ts";

const columns = {
  operatorId: operators.id,
  name: operators.name,
  email: operators.email,
  /** `null` for an operator who belongs to no account. */
  accountId: members.accountId,
};

export async function readOperator(db: D1Database, operatorId: string) {
  const rows = await drizzle(db)
    .select(columns)
    .from(operators)
    .leftJoin(members, eq(members.operatorId, operators.id))
    .where(eq(operators.id, operatorId));
  return rows[0] ?? null;
}
