import { dataByNumber, dataOf } from "../../../shared/db/databases.ts";
import { databaseNumberOf, newId } from "../../../shared/kit/ids.ts";
import { insertAccessAudit, listDueScopes } from "../db/access-audits.ts";
import { listAuditableScopes } from "../db/stripe-connections.ts";
import type { RuntimeEnv } from "../env.ts";

/** Starts the daily audits of a data database that are due. Of overlapping runs, one starts an audit. */
export async function startDailyAudits(
  env: RuntimeEnv,
  database: number,
  now: number,
  limit: number,
): Promise<void> {
  const live = await listAuditableScopes(env.DB);
  const stored = live.filter(({ projectId }) => databaseNumberOf(projectId) === database);
  for (const scope of await listDueScopes(dataByNumber(env, database), stored, now, limit))
    await insertAccessAudit(dataOf(env, scope), scope, newId("job", now), {
      now,
      leaseUntil: now,
      audit: null,
    });
}
