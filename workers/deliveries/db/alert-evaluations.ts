import type { Mode } from "../../../shared/contract/enums.ts";
import { batchBoth, type Databases } from "../../../shared/db/databases.ts";
import { type AlertFacts, selectControlFacts, selectDataFacts, toAlertFacts } from "./alert-facts.ts";
import { type HeldMessage, selectHeldMessages } from "./alert-messages.ts";
import { addProductNames } from "./alert-product-names.ts";

/** A project and mode that is due for evaluation. */
export interface DueScope {
  projectId: string;
  mode: Mode;
  projectName: string;
}

const selectDue = `
  SELECT project.value ->> 'projectId' AS projectId, modes.value AS mode,
    project.value ->> 'projectName' AS projectName
  FROM json_each(?3) AS project JOIN json_each('["live","test"]') AS modes
    LEFT JOIN alert_evaluations AS evaluation
      ON evaluation.project_id = project.value ->> 'projectId' AND evaluation.mode = modes.value
  WHERE coalesce(evaluated_at, 0) <= ?1
  ORDER BY coalesce(evaluated_at, 0) LIMIT ?2`;

/**
 * Returns the scopes of `projects` that were not evaluated after `before`, least recently evaluated first. All are in the
 * database `db`.
 */
export async function listDueScopes(
  db: D1Database,
  projects: Pick<DueScope, "projectId" | "projectName">[],
  before: number,
  limit: number,
): Promise<DueScope[]> {
  const { results } = await db
    .prepare(selectDue)
    .bind(before, limit, JSON.stringify(projects))
    .all<DueScope>();
  return results;
}

const claim = `
  INSERT INTO alert_evaluations (project_id, mode, evaluated_at) VALUES (?1, ?2, ?3)
  ON CONFLICT DO UPDATE SET evaluated_at = excluded.evaluated_at WHERE evaluated_at <= ?4`;

/**
 * Claims the evaluation of a scope at `now` and reads the facts of its data, in one transaction. The names of products
 * follow if a fact names one. Returns `null` when another sweep has claimed it after `before`.
 */
export async function claimEvaluation(
  databases: Databases,
  scope: DueScope,
  { now, before }: { now: number; before: number },
): Promise<{ facts: AlertFacts; held: HeldMessage[] } | null> {
  const { control, data } = databases;
  const [ofControl, [claimed, held, ...ofData]] = await batchBoth(
    databases,
    selectControlFacts(control, scope, now),
    [
      data.prepare(claim).bind(scope.projectId, scope.mode, now, before),
      selectHeldMessages(data, scope),
      ...selectDataFacts(data, scope, now),
    ],
  );
  if (claimed?.meta.changes !== 1) return null;
  const facts = toAlertFacts(ofControl, ofData, now);
  const entitlements = await addProductNames(control, scope, facts.entitlements);
  return {
    facts: { ...facts, entitlements },
    held: (held?.results ?? []) as unknown as HeldMessage[],
  };
}
