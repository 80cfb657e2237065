import { and, eq, gt, notExists, sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import type { AuditAction } from "../../../shared/contract/operations/table.ts";
import { auditLog, members } from "../../../shared/db/tables/people.ts";
import { operators } from "../../../shared/db/tables/sign-in.ts";
import { idFloor, newId } from "../../../shared/kit/ids.ts";

const action: AuditAction = "operator.fail_authentication";
const hourMs = 3_600_000;

/**
 * Writes an audit entry for a member with this email address, unless the last hour has one. `at` is the
 * present.
 */
export async function insertSampledRefusal(
  db: D1Database,
  refusal: { email: string; at: number; route: string; ipAddress: string | null },
): Promise<void> {
  const database = drizzle(db);
  const { email, at, route, ipAddress } = refusal;
  const inLastHour = database
    .select({ found: sql`1` })
    .from(auditLog)
    .where(
      and(
        eq(auditLog.accountId, members.accountId),
        gt(auditLog.auditId, idFloor("aud", at - hourMs)),
        eq(auditLog.operatorId, operators.id),
        eq(auditLog.action, action),
      ),
    );
  const row = database
    .select({
      auditId: sql<string>`${newId("aud", at)}`.as("audit_id"),
      accountId: members.accountId,
      projectId: sql<string | null>`NULL`.as("project_id"),
      mode: sql<null>`NULL`.as("mode"),
      at: sql<number>`${at}`.as("at"),
      operatorId: operators.id,
      operatorName: operators.name,
      operatorEmail: operators.email,
      action: sql<string>`${action}`.as("action"),
      target: sql<string>`${operators.email}`.as("target"),
      before: sql<string | null>`NULL`.as("before"),
      after: sql<string>`${JSON.stringify({ route })}`.as("after"),
      ipAddress: sql<string | null>`${ipAddress}`.as("ip_address"),
    })
    .from(operators)
    .innerJoin(members, eq(members.operatorId, operators.id))
    .where(and(eq(operators.email, email.toLowerCase()), notExists(inLastHour)));
  await database.insert(auditLog).select(row);
}
