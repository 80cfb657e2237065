import { expect, it } from "vitest";
import { evaluateScope } from "../../workers/deliveries/alerts/evaluate.ts";
import { type AlertScope, insertDenials, newAlertScope } from "./alert-scenes.ts";
import { databases } from "./databases.ts";
import { now } from "./endpoints.ts";
import { env } from "./subjects.ts";

/** Denied checks are counted by hour and reason. */

const hourMs = 3_600_000;

async function evaluate(scope: AlertScope) {
  await env.DEV.advance(60_000);
  const at = await now();
  return evaluateScope(databases, { ...scope, projectName: "p" }, { now: at, before: at - 30_000 });
}

const readCause = ({ projectId }: AlertScope) =>
  env.DB.prepare("SELECT cause FROM alerts WHERE project_id = ? AND resolved_at IS NULL")
    .bind(projectId)
    .first<string>("cause");

it("denials of people who have paid nothing are no alert, however many there are", async () => {
  const scope = await newAlertScope();
  const at = await now();
  await insertDenials(scope, at - 48 * hourMs, "no_entitlement", 1);
  await insertDenials(scope, at, "no_entitlement", 5_000);
  await insertDenials(scope, at, "subscription_incomplete", 500);
  await insertDenials(scope, at, "payment_past_due", 19);
  expect(await evaluate(scope)).toEqual({ opened: 0, resolved: 0 });
});

it("an hour is compared with the hour of 7 days that had most denials, over all reasons together", async () => {
  const scope = await newAlertScope();
  const at = await now();
  await insertDenials(scope, at - 8 * 24 * hourMs, "revoked", 9_000);
  await insertDenials(scope, at - 48 * hourMs, "payment_past_due", 30);
  await insertDenials(scope, at - 48 * hourMs, "usage_exhausted", 10);
  await insertDenials(scope, at - 24 * hourMs, "usage_exhausted", 35);
  await insertDenials(scope, at, "payment_past_due", 59);
  expect(await evaluate(scope)).toEqual({ opened: 0, resolved: 0 });
  await insertDenials(scope, at, "usage_exhausted", 1);
  expect(await evaluate(scope)).toEqual({ opened: 1, resolved: 0 });
  expect(await readCause(scope)).toBe(
    "60 checks of customers who have paid were denied within an hour. In the 7 days before, it was 40 an hour at most.",
  );
});
