import { describe, expect, it } from "vitest";
import { type AlertRule, alertRuleNames } from "../../shared/contract/alerts.ts";
import { evaluateScope } from "../../workers/deliveries/alerts/evaluate.ts";
import { type AlertScope, newAlertScope, run, scenes } from "./alert-scenes.ts";
import { now } from "./endpoints.ts";
import { env } from "./subjects.ts";

const { DB, DEV } = env;
const minute = 60_000;

async function listAlerts({ projectId, mode }: AlertScope) {
  const { results } = await DB.prepare(
    `SELECT rule, object_id AS objectId, cause, count, resolved_at IS NULL AS isOpen FROM alerts
     WHERE project_id = ? AND mode = ? ORDER BY opened_at`,
  )
    .bind(projectId, mode)
    .all<{ rule: AlertRule; objectId: string; cause: string; count: number; isOpen: number }>();
  return results;
}

/** The sweep of the next minute, of one scope. */
async function evaluate(scope: AlertScope) {
  await DEV.advance(minute);
  const at = await now();
  return evaluateScope(DB, { ...scope, projectName: "p" }, { now: at, before: at - minute / 2 });
}

describe.each(alertRuleNames)("the rule %s", (rule) => {
  it("fires once and resolves once by the clock", async () => {
    const scope = await newAlertScope();
    await evaluate(scope);
    expect(await listAlerts(scope)).toEqual([]);
    const end = await scenes[rule].begin(scope);
    expect(await evaluate(scope)).toEqual({ opened: 1, resolved: 0 });
    expect(await evaluate(scope)).toEqual({ opened: 0, resolved: 0 });
    expect(await listAlerts(scope)).toMatchObject([{ rule, isOpen: 1 }]);
    await end();
    expect(await evaluate(scope)).toEqual({ opened: 0, resolved: 1 });
    expect(await evaluate(scope)).toEqual({ opened: 0, resolved: 0 });
    expect(await listAlerts(scope)).toMatchObject([{ rule, isOpen: 0 }]);
  });

  it("finds nothing while it is disabled, and closes what is open", async () => {
    const scope = await newAlertScope();
    await scenes[rule].begin(scope);
    await evaluate(scope);
    await run(
      "INSERT INTO alert_rules (project_id, mode, rule, is_enabled, updated_at) VALUES (?, ?, ?, 0, 1)",
      scope.projectId,
      scope.mode,
      rule,
    );
    expect(await evaluate(scope)).toEqual({ opened: 0, resolved: 1 });
    expect(await evaluate(scope)).toEqual({ opened: 0, resolved: 0 });
  });
});
