import { sql } from "drizzle-orm";
import type { Scope } from "../../../shared/contract/scope.ts";
import { prepareSql } from "../../../shared/db/prepare-sql.ts";
import { buildConditions, type CustomerListQuery, listBranches } from "./customers.ts";

/** Returns the refs of the customers in the tab that match the filter, in order, at most `limit`. */
export async function listMatchingRefs(
  db: D1Database,
  scope: Scope,
  query: CustomerListQuery,
  limit: number,
): Promise<string[]> {
  const unordered: CustomerListQuery = { ...query, sort: "customer", cursor: null };
  const conditions = [
    sql`project_id = ${scope.projectId}`,
    sql`mode = ${scope.mode}`,
    ...listBranches(query.tab, "customer"),
    ...buildConditions(unordered, true, scope),
  ];
  const { results } = await prepareSql(
    db,
    sql`SELECT subject_ref AS subjectRef FROM subjects WHERE ${sql.join(conditions, sql` AND `)}
      ORDER BY subject_ref LIMIT ${limit}`,
  ).all<{ subjectRef: string }>();
  return results.map(({ subjectRef }) => subjectRef);
}
