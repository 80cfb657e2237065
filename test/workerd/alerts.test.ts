import { describe, expect, it } from "vitest";
import { type AlertRule, alertRuleNames, declarationOf } from "../../shared/contract/alerts.ts";
import { summarizeCustomer } from "../../shared/domain/customer-summary.ts";
import { emptyState } from "../../shared/domain/ledger.ts";
import { evaluateScope } from "../../workers/deliveries/alerts/evaluate.ts";
import { claimEvaluation, listDueScopes } from "../../workers/deliveries/db/alert-evaluations.ts";
import { selectControlFacts, selectDataFacts } from "../../workers/deliveries/db/alert-facts.ts";
import { storeEvaluation } from "../../workers/deliveries/db/alerts.ts";
import { listActiveProjects } from "../../workers/deliveries/db/projects.ts";
import { sweepAlerts } from "../../workers/deliveries/sweeps/alerts.ts";
import { flushSubject } from "../../workers/runtime/db/flush-subject.ts";
import {
  type AlertScope,
  insertChannel,
  insertDelivery,
  insertEntitlement,
  insertStripeEvent,
  newAlertScope,
  run,
  scenes,
} from "./alert-scenes.ts";
import { databases } from "./databases.ts";
import { deliveriesEnv, newEndpoint, now } from "./endpoints.ts";
import { buildPack, buildPurchase, env, newSubject } from "./subjects.ts";

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

async function listMessageKinds({ projectId }: AlertScope) {
  const { results } = await DB.prepare("SELECT kind FROM alert_messages WHERE project_id = ? ORDER BY kind")
    .bind(projectId)
    .all<{ kind: string }>();
  return results.map(({ kind }) => kind);
}

/** The sweep of the next minute, of one scope. */
async function evaluate(scope: AlertScope) {
  await DEV.advance(minute);
  const at = await now();
  return evaluateScope(databases, { ...scope, projectName: "p" }, { now: at, before: at - minute / 2 });
}

describe.each(alertRuleNames)("the rule %s", (rule) => {
  it("fires once and resolves once by the clock, each with a message to a channel if the rule sends", async () => {
    const scope = await newAlertScope();
    await insertChannel(scope);
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
    expect(await listMessageKinds(scope)).toEqual(declarationOf(rule).sends ? ["fired", "resolved"] : []);
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

describe("what an evaluation reads", () => {
  it("comes from indexes: no rule reads a whole table of a project", async () => {
    const scope = await newAlertScope();
    const plans: string[] = [];
    const explaining = {
      prepare: (query: string) => {
        const explained = DB.prepare(`EXPLAIN QUERY PLAN ${query}`);
        return { bind: (...values: unknown[]) => explained.bind(...values) };
      },
    } as unknown as D1Database;
    const results = await DB.batch<{ detail: string }>([
      ...selectControlFacts(explaining, scope, 1),
      ...selectDataFacts(explaining, scope, 1),
    ]);
    for (const { results: rows } of results) plans.push(...rows.map(({ detail }) => detail));
    expect(plans.length).toBeGreaterThan(15);
    // Has a row per sweep in trouble. Parentheses are the results of subqueries.
    expect(plans.filter((detail) => /^SCAN \w/.test(detail))).toEqual(["SCAN sweep_troubles"]);
    const large = plans.filter((detail) =>
      /^SEARCH (deliveries|stripe_events|subjects|entitlements)\b/.test(detail),
    );
    expect(large.length).toBeGreaterThan(8);
    // A partial index, or one that is read in its order to a limit.
    const bounded = /_(by_age|not_flushing|past_due|flagged) \(/;
    for (const detail of large.filter((each) => !bounded.test(each)))
      expect(detail).toMatch(/INDEX \w+ \((?!project_id=\? AND mode=\?\))/);
  });

  it("the flags of an entitlement are in the D1 copy, and go when they are cleared", async () => {
    const { identity, stub } = newSubject();
    await stub.applyStripe(identity, buildPurchase("flags", buildPack(10, 30), await now()));
    const { entitlements } = await stub.read();
    const [entitlement] = entitlements;
    if (entitlement === undefined) throw new Error("no entitlement");
    const write = (version: number, flags: typeof entitlement.flags) =>
      flushSubject(
        DB,
        {
          identity,
          head: { sequence: version, hash: "" },
          nextExpiryAt: null,
          nextReviewAt: null,
          flushedAt: 1,
          storageBytes: 1,
          summary: summarizeCustomer(emptyState, 1),
          entitlements: [{ version, entitlement: { ...entitlement, flags } }],
          spent: { total: 0, hours: [] },
          events: [],
          audits: [],
          flushedTo: version,
        },
        "newer",
      );
    const readFlags = () =>
      DB.prepare("SELECT alert_flags FROM entitlements WHERE entitlement_id = ?")
        .bind(entitlement.entitlementId)
        .first("alert_flags");
    await write(1_000, ["partly_refunded", "unknown_price"]);
    expect(await readFlags()).toBe('["unknown_price"]');
    await write(1_001, ["partly_refunded"]);
    expect(await readFlags()).toBeNull();
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
    await insertStripeEvent(scope);
    await DEV.advance(1_000);
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
    const claimed = await claimEvaluation(databases, scope, { now: slow, before: slow - 1 });
    expect(claimed).not.toBeNull();
    expect(await claimEvaluation(databases, scope, { now: slow, before: slow - 1 })).toBeNull();
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
    await evaluateScope(databases, { ...second, projectName: "p" }, { now: earlier, before: earlier - 1 });
    await DEV.advance(2 * minute);
    const due = await listDueScopes(DB, await listActiveProjects(DB, 0), (await now()) - minute, 10_000);
    const order = due.filter(({ mode }) => mode === "test").map(({ projectId }) => projectId);
    expect(order.indexOf(first.projectId)).toBeGreaterThanOrEqual(0);
    expect(order.indexOf(first.projectId)).toBeLessThan(order.indexOf(second.projectId));
    expect((await sweepAlerts(deliveriesEnv, 0)).evaluated).toBeGreaterThan(1);
    expect((await sweepAlerts(deliveriesEnv, 0)).evaluated).toBe(0);
  });
});
