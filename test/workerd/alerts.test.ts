import { describe, expect, it } from "vitest";
import { type AlertRule, alertRuleNames } from "../../shared/contract/alerts.ts";
import { evaluateScope } from "../../workers/deliveries/alerts/evaluate.ts";
import { claimEvaluation, listDueScopes } from "../../workers/deliveries/db/alert-evaluations.ts";
import { storeEvaluation } from "../../workers/deliveries/db/alerts.ts";
import { sweepAlerts } from "../../workers/deliveries/sweeps/alerts.ts";
import {
  type AlertScope,
  insertDelivery,
  insertEntitlement,
  insertStripeEvent,
  newAlertScope,
  run,
  scenes,
} from "./alert-scenes.ts";
import { deliveriesEnv, newEndpoint, now } from "./endpoints.ts";
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

describe("alerts", () => {
  it("24 failing deliveries of one endpoint are one item, also when they are given up later", async () => {
    const scope = await newAlertScope();
    const { endpointId } = await newEndpoint(scope);
    await run("UPDATE endpoints SET consecutive_failures = 24 WHERE endpoint_id = ?", endpointId);
    for (let count = 0; count < 24; count++) await insertDelivery(scope, endpointId, "failed");
    await evaluate(scope);
    expect(await listAlerts(scope)).toMatchObject([{ rule: "endpoint_failing", count: 24 }]);
    await run(
      "UPDATE deliveries SET state = 'dead', next_attempt_at = NULL, updated_at = ? WHERE endpoint_id = ?",
      await now(),
      endpointId,
    );
    expect(await evaluate(scope)).toEqual({ opened: 0, resolved: 0 });
    expect(await listAlerts(scope)).toHaveLength(1);
    await run("UPDATE endpoints SET consecutive_failures = 0 WHERE endpoint_id = ?", endpointId);
    expect(await evaluate(scope)).toEqual({ opened: 1, resolved: 1 });
    expect(await listAlerts(scope)).toMatchObject([
      { rule: "endpoint_failing", isOpen: 0 },
      { rule: "delivery_given_up", isOpen: 1, count: 24 },
    ]);
  });

  it("both subscriptions of a duplicate are one item", async () => {
    const scope = await newAlertScope();
    await insertEntitlement(scope, { flags: ["parallel_subscription"] });
    await insertEntitlement(scope, { flags: ["parallel_subscription"] });
    expect(await evaluate(scope)).toEqual({ opened: 1, resolved: 0 });
  });

  it("a threshold of the project replaces the default", async () => {
    const scope = await newAlertScope();
    await run(
      `INSERT INTO alert_rules (project_id, mode, rule, is_enabled, threshold, updated_at)
       VALUES (?, ?, 'stripe_webhook_silent', 1, 4, 1)`,
      scope.projectId,
      scope.mode,
    );
    await scenes.stripe_webhook_silent.begin(scope);
    expect(await evaluate(scope)).toEqual({ opened: 0, resolved: 0 });
    await insertStripeEvent(scope, { foundBy: "sweep" });
    expect(await evaluate(scope)).toEqual({ opened: 1, resolved: 0 });
  });

  it("an evaluation that a later one has overtaken stores nothing", async () => {
    const scope = { ...(await newAlertScope()), projectName: "p" };
    await insertStripeEvent(scope, { status: "failed" });
    await DEV.advance(minute);
    const slow = await now();
    const claimed = await claimEvaluation(DB, scope, { now: slow, before: slow - 1 });
    expect(claimed).not.toBeNull();
    expect(await claimEvaluation(DB, scope, { now: slow, before: slow - 1 })).toBeNull();
    expect(await evaluate(scope)).toEqual({ opened: 1, resolved: 0 });
    const nothing = { conditions: [], disabledRules: [], digests: [] };
    expect(await storeEvaluation(DB, scope, slow, nothing)).toEqual({ opened: 0, resolved: 0 });
    expect(await listAlerts(scope)).toMatchObject([{ isOpen: 1 }]);
  });

  it("every alert about a customer resolves with its cause, also of more customers than a sweep reads", async () => {
    const scope = await newAlertScope();
    const customers = 130;
    for (let number = 0; number < customers; number++)
      await insertEntitlement(scope, { status: "past_due" }, `user_${number}`);
    expect(await evaluate(scope)).toEqual({ opened: 100, resolved: 0 });
    await run(
      "UPDATE entitlements SET updated_at = 0 WHERE project_id = ? AND subject_ref IN ('user_127', 'user_128')",
      scope.projectId,
    );
    expect(await evaluate(scope)).toEqual({ opened: 2, resolved: 0 });
    await run("UPDATE entitlements SET status = 'active' WHERE project_id = ?", scope.projectId);
    expect(await evaluate(scope)).toEqual({ opened: 0, resolved: 102 });
  });

  it("the sweep evaluates the least recently evaluated first, each once in a minute", async () => {
    const [first, second] = [await newAlertScope(), await newAlertScope()];
    const earlier = await now();
    await evaluateScope(DB, { ...second, projectName: "p" }, { now: earlier, before: earlier - 1 });
    await DEV.advance(2 * minute);
    const due = await listDueScopes(DB, (await now()) - minute, 10_000);
    const order = due.filter(({ mode }) => mode === "test").map(({ projectId }) => projectId);
    expect(order.indexOf(first.projectId)).toBeGreaterThanOrEqual(0);
    expect(order.indexOf(first.projectId)).toBeLessThan(order.indexOf(second.projectId));
    expect((await sweepAlerts(deliveriesEnv)).evaluated).toBeGreaterThan(1);
    expect((await sweepAlerts(deliveriesEnv)).evaluated).toBe(0);
  });
});
