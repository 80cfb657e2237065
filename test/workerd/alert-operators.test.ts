import { describe, expect, it } from "vitest";
import { changeAlertRules } from "../../shared/contract/operations/alert-rules.ts";
import { assignAlert, finishAlert, snoozeAlert } from "../../shared/contract/operations/alerts.ts";
import type { InputOf, Operation } from "../../shared/contract/operations/operation.ts";
import type { Scope } from "../../shared/contract/scope.ts";
import { evaluateScope } from "../../workers/deliveries/alerts/evaluate.ts";
import { readInbox } from "../../workers/portal/db/alerts.ts";
import { type AlertScope, insertStripeEvent, newAlertScope, scenes } from "./alert-scenes.ts";
import { databases } from "./databases.ts";
import { deliveriesEnv, now } from "./endpoints.ts";
import { newAccount, newMember } from "./members.ts";
import { runAsActor } from "./operator-calls.ts";
import { env } from "./subjects.ts";

const { DEV } = env;
const minute = 60_000;

const account = await newAccount();
const people = { sam: await newMember(account, "support"), riley: await newMember(account, "admin") };

async function act<O extends Operation & { worker: "deliveries" }>(
  person: keyof typeof people,
  operation: O,
  { projectId, mode }: Scope,
  input: InputOf<O>,
) {
  const actor = { ...people[person].actor, name: person };
  const permit = { env: deliveriesEnv, actor, now: await now() };
  return runAsActor(permit, operation, { projectId, mode }, input);
}

async function evaluate(scope: AlertScope) {
  await DEV.advance(minute);
  const at = await now();
  return evaluateScope(databases, { ...scope, projectName: "p" }, { now: at, before: at - minute / 2 });
}

async function list({ projectId, mode }: AlertScope, view: "open" | "mine" | "snoozed" | "closed") {
  const filter = { view, operatorId: people.sam.actor.operatorId, after: null };
  const page = { now: await now(), limit: 10 };
  return readInbox(databases, { projectId, mode }, account.accountId, filter, page);
}

async function newAlert(rule: "stripe_event_failed" | "endpoint_failing") {
  const scope = await newAlertScope();
  const end = await scenes[rule].begin(scope);
  await evaluate(scope);
  const { items } = await list(scope, "open");
  const [alert] = items;
  if (alert === undefined) throw new Error("no alert");
  return { scope, alertId: alert.alertId, end };
}

describe("two operators with one alert", () => {
  it("the second is refused and reads who did what", async () => {
    const { scope, alertId } = await newAlert("stripe_event_failed");
    const target = { alertId, version: 0 };
    const until = (await now()) + minute;
    expect(await act("sam", snoozeAlert, scope, { ...target, until })).toEqual({ outcome: "done" });
    expect(await act("riley", assignAlert, scope, { ...target, operatorId: null })).toMatchObject({
      reason: "conflict",
      message: expect.stringMatching(/^sam snoozed this alert/),
    });
    expect(await act("riley", finishAlert, scope, { ...target, version: 1 })).toEqual({ outcome: "done" });
    expect(await act("sam", snoozeAlert, scope, { ...target, version: 1, until: null })).toMatchObject({
      reason: "conflict",
      message: expect.stringMatching(/^riley marked this alert done/),
    });
  });

  it("of 10 at the same time one assigns it", async () => {
    const { scope, alertId } = await newAlert("stripe_event_failed");
    const { operatorId } = people.sam.actor;
    const replies = await Promise.all(
      Array.from({ length: 10 }, () => act("sam", assignAlert, scope, { alertId, version: 0, operatorId })),
    );
    expect(replies.filter(({ outcome }) => outcome === "done")).toHaveLength(1);
    const { items, counts } = await list(scope, "mine");
    expect(items).toMatchObject([{ alertId, assignedTo: operatorId }]);
    expect(counts).toEqual({ open: 1, mine: 1, snoozed: 0 });
  });

  it("an operator of another account can't be assigned, and another project has no such alert", async () => {
    const { scope, alertId } = await newAlert("stripe_event_failed");
    const stranger = await newMember(await newAccount(), "owner");
    const { operatorId } = stranger.actor;
    const target = { alertId, version: 0 };
    expect(await act("sam", assignAlert, scope, { ...target, operatorId })).toMatchObject({
      reason: "invalid",
    });
    const other = await newAlertScope();
    expect(await act("sam", assignAlert, other, { ...target, operatorId: null })).toMatchObject({
      reason: "not_found",
    });
  });
});

describe("snooze and done", () => {
  it("a snoozed alert is back when its time is over", async () => {
    const { scope, alertId } = await newAlert("endpoint_failing");
    const until = (await now()) + 10 * minute;
    await act("sam", snoozeAlert, scope, { alertId, version: 0, until });
    expect((await list(scope, "open")).items).toEqual([]);
    expect((await list(scope, "snoozed")).items).toHaveLength(1);
    await DEV.advance(10 * minute);
    expect((await list(scope, "open")).items).toHaveLength(1);
    expect(await act("sam", snoozeAlert, scope, { alertId, version: 1, until: 1 })).toMatchObject({
      reason: "invalid",
    });
  });

  it("a state can't be marked done while its cause holds", async () => {
    const { scope, alertId, end } = await newAlert("endpoint_failing");
    expect(await act("sam", finishAlert, scope, { alertId, version: 0 })).toMatchObject({
      reason: "conflict",
    });
    await end();
    await evaluate(scope);
    expect((await list(scope, "closed")).items).toMatchObject([{ alertId, doneAt: null }]);
    expect(await act("sam", snoozeAlert, scope, { alertId, version: 0, until: null })).toMatchObject({
      message: expect.stringContaining("resolved automatically"),
    });
  });

  it("an incident that was marked done opens nothing again, and a later one does", async () => {
    const { scope, alertId } = await newAlert("stripe_event_failed");
    await act("sam", finishAlert, scope, { alertId, version: 0 });
    expect(await evaluate(scope)).toEqual({ opened: 0, resolved: 0 });
    await insertStripeEvent(scope, { status: "failed" });
    expect(await evaluate(scope)).toEqual({ opened: 1, resolved: 0 });
  });
});

describe("alert rules", () => {
  it("of two forms made from the same settings one is saved, and a threshold out of range is refused", async () => {
    const scope = await newAlertScope();
    const save = (threshold: number, version = 0) =>
      act("riley", changeAlertRules, scope, {
        version,
        rules: [{ rule: "key_expiring", isEnabled: true, threshold }],
      });
    expect(await save(91)).toMatchObject({ reason: "invalid", field: "threshold_key_expiring" });
    const replies = await Promise.all([save(7), save(8)]);
    expect(replies.map(({ outcome }) => outcome).toSorted()).toEqual(["done", "refused"]);
  });
});
