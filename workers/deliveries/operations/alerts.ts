import { declarationOf } from "../../../shared/contract/alerts.ts";
import { assignAlert, finishAlert, snoozeAlert } from "../../../shared/contract/operations/alerts.ts";
import { type Refusal, refusal } from "../../../shared/contract/operations/reply.ts";
import type { Scope } from "../../../shared/contract/scope.ts";
import { dataOf } from "../../../shared/db/databases.ts";
import { changeAlert, finishAlertRow, readAlert } from "../db/alert-actions.ts";
import { readMemberName } from "../db/members.ts";
import { implement } from "./implement.ts";
import { unknownAlert } from "./refusals.ts";

const maxSnoozeMs = 90 * 86_400_000;

export const assign = implement(
  assignAlert,
  async ({ env, scope, actor, audit }, { operatorId, ...target }) => {
    const name = operatorId === null ? null : await readMemberName(env.DB, actor.accountId, operatorId);
    if (operatorId !== null && name === null)
      return refusal("invalid", "This person is not a member. Choose a member of the team.");
    const change = { assignedTo: operatorId, assignedName: name };
    const entry = audit({ target: target.alertId, after: { operatorId } });
    const action = operatorId === null ? "unassigned" : "assigned";
    if (await changeAlert(dataOf(env, scope), scope, target, action, change, entry))
      return { outcome: "done" };
    return explainConflict(dataOf(env, scope), scope, target.alertId);
  },
);

export const snooze = implement(snoozeAlert, async ({ env, scope, now, audit }, { until, ...target }) => {
  if (until !== null && (until <= now || until > now + maxSnoozeMs))
    return refusal("invalid", "Choose a time within the next 90 days.", "until");
  const entry = audit({ target: target.alertId, after: { until } });
  const action = until === null ? "unsnoozed" : "snoozed";
  if (await changeAlert(dataOf(env, scope), scope, target, action, { snoozedUntil: until }, entry))
    return { outcome: "done" };
  return explainConflict(dataOf(env, scope), scope, target.alertId);
});

export const finish = implement(finishAlert, async ({ env, scope, audit }, target) => {
  const alert = await readAlert(dataOf(env, scope), scope, target.alertId);
  if (alert === null) return unknownAlert;
  if (declarationOf(alert.rule).kind === "state")
    return refusal("conflict", "This alert closes when its cause ends. Fix the cause, or snooze the alert.");
  const entry = audit({ target: target.alertId, after: { rule: alert.rule } });
  if (await finishAlertRow(dataOf(env, scope), scope, target, entry)) return { outcome: "done" };
  return explainConflict(dataOf(env, scope), scope, target.alertId);
});

/** Says who did what, to the second of two operators. */
async function explainConflict(db: D1Database, scope: Scope, alertId: string): Promise<Refusal> {
  const alert = await readAlert(db, scope, alertId);
  if (alert === null) return unknownAlert;
  const { resolvedAt, doneAt, lastAction, lastActorName } = alert;
  const closed = "Nothing was changed.";
  if (doneAt !== null) return refusal("conflict", `${lastActorName} marked this alert done. ${closed}`);
  if (resolvedAt !== null)
    return refusal("conflict", `This alert was resolved automatically: its cause ended. ${closed}`);
  const words = { unsnoozed: "ended the snooze of", done: "marked", unassigned: "unassigned" } as const;
  const verb = lastAction === null ? "changed" : (words[lastAction as keyof typeof words] ?? lastAction);
  return refusal(
    "conflict",
    `${lastActorName ?? "Another operator"} ${verb} this alert while you were looking. ${closed} Review it and try again.`,
  );
}
