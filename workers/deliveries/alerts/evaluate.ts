import { type AlertMessageContent, declarationOf } from "../../../shared/contract/alerts.ts";
import type { Databases } from "../../../shared/db/databases.ts";
import { newId } from "../../../shared/kit/ids.ts";
import { claimEvaluation, type DueScope } from "../db/alert-evaluations.ts";
import type { Digest, HeldMessage } from "../db/alert-messages.ts";
import { type FoundCondition, storeEvaluation } from "../db/alerts.ts";
import { type Condition, findConditions, findDisabledRules, keyOf } from "./find-conditions.ts";

/**
 * Evaluates the alert rules of one project and mode: facts are read, conditions are computed, and alerts are
 * opened and resolved.
 *
 * Guarantees: one open alert per rule and object. The messages of an alert are in the transaction that opens or
 * resolves it, so that neither exists without the other. Overlapping sweeps open it once and resolve it once:
 * the first claims the evaluation, and an evaluation that another has overtaken stores nothing.
 *
 * A crash after the claim delays the scope to the next minute. A crash after the transaction leaves messages that
 * are due (send-message.ts).
 */
export async function evaluateScope(
  databases: Databases,
  scope: DueScope,
  times: { now: number; before: number },
): Promise<{ opened: number; resolved: number }> {
  const claimed = await claimEvaluation(databases, scope, times);
  if (claimed === null) return { opened: 0, resolved: 0 };
  const { facts, held } = claimed;
  const { now } = times;
  const conditions = findConditions(facts, now).map((condition) => toFound(scope, condition, now));
  const disabledRules = findDisabledRules(facts);
  const digests = buildDigests(scope, held, now);
  return storeEvaluation(databases.data, scope, now, { conditions, disabledRules, digests });
}

function toFound(scope: DueScope, condition: Condition, now: number): FoundCondition {
  const { urgency, sends, title } = declarationOf(condition.rule);
  const alertId = newId("alr", now);
  const content: AlertMessageContent = {
    ...emptyContent(scope, now),
    kind: "fired",
    alert_id: alertId,
    rule: condition.rule,
    title,
    cause: condition.cause,
    subject_ref: condition.subjectRef,
    count: 1,
  };
  const key = keyOf(condition);
  return { ...condition, alertId, key, urgency, content: sends ? JSON.stringify(content) : null };
}

/** The content that a message of the scope begins with. */
export const emptyContent = ({ projectId, mode, projectName }: DueScope, now: number) => ({
  project_id: projectId,
  project_name: projectName,
  mode,
  alert_id: null,
  rule: null,
  subject_ref: null,
  lines: [],
  at: now,
});

const maxLines = 20;

/** Builds one digest per channel of the messages over the hourly limit. */
function buildDigests(scope: DueScope, held: HeldMessage[], now: number): Digest[] {
  const byChannel = Map.groupBy(held, ({ channelId }) => channelId);
  return [...byChannel].map(([channelId, messages]) => {
    const contents = messages.map(({ content }) => JSON.parse(content) as AlertMessageContent);
    const lines = contents
      .slice(0, maxLines)
      .map(({ kind, title, cause }) => `${kind === "resolved" ? "Resolved: " : ""}${title}: ${cause}`);
    const content: AlertMessageContent = {
      ...emptyContent(scope, now),
      kind: "digest",
      title: `${contents.length} more alert messages`,
      cause: "Over the limit of 20 messages an hour. The inbox lists every open alert.",
      lines,
      count: contents.length,
    };
    const heldIds = messages.map(({ messageId }) => messageId);
    return { messageId: newId("msg", now), channelId, content: JSON.stringify(content), held: heldIds };
  });
}
