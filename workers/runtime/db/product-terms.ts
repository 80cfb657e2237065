import { sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { type Actor, auditIfChangedRaw } from "../../../shared/db/audit.ts";
import type { Databases } from "../../../shared/db/databases.ts";
import { prepareSql } from "../../../shared/db/prepare-sql.ts";
import { inScope } from "../../../shared/db/scope.ts";
import { productTerms } from "../../../shared/db/tables/configuration.ts";
import { beginRollout, type NewestVersion } from "./terms-rollouts.ts";

/**
 * Inserts a version with its audit entry, if it follows the newest one, and then begins its rollout to the subscribers, which
 * may be in another database. Returns whether it was inserted. The sweep of rollouts begins one that a crash in between left
 * out (`listNewestVersions`).
 */
export async function insertTerms(
  { control: db, data }: Databases,
  actor: Actor,
  terms: typeof productTerms.$inferInsert,
): Promise<boolean> {
  const { projectId, mode, productCode, createdAt, version, ...after } = terms;
  const newest = sql`(SELECT coalesce(max(version), 0) FROM product_terms
    WHERE ${inScope(productTerms, terms)} AND product_code = ${productCode})`;
  const { fromAt, units, every, rolloverWindows, rolloverMax = null, inTrial = null } = terms;
  const entry = { actor, at: createdAt, action: "product.set_allowance" as const, target: productCode };
  const insert = drizzle(db)
    .insert(productTerms)
    .select(
      sql`SELECT ${projectId}, ${mode}, ${productCode}, ${version}, ${fromAt}, ${units}, ${every}, ${rolloverWindows},
        ${rolloverMax}, ${inTrial}, ${createdAt} WHERE ${newest} = ${version - 1}`,
    );
  const [inserted] = await db.batch([
    prepareSql(db, insert.getSQL()),
    auditIfChangedRaw(db, { ...entry, projectId, mode, after }),
  ]);
  if ((inserted?.meta.changes ?? 0) === 0) return false;
  await beginRollout(data, { projectId, mode }, { productCode, version, now: createdAt });
  return true;
}

/** Returns the newest version of each product with terms that changed after `since`. */
export async function listNewestVersions(db: D1Database, since: number): Promise<NewestVersion[]> {
  const { results } = await db
    .prepare(
      `SELECT project_id AS projectId, mode, product_code AS productCode, max(version) AS version,
         max(created_at) AS createdAt
       FROM product_terms WHERE created_at > ?1 GROUP BY project_id, mode, product_code`,
    )
    .bind(since)
    .all<NewestVersion>();
  return results;
}
