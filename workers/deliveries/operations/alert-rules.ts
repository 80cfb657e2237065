import { declarationOf } from "../../../shared/contract/alerts.ts";
import { changeAlertRules } from "../../../shared/contract/operations/alert-rules.ts";
import { refusal } from "../../../shared/contract/operations/reply.ts";
import { dataOf } from "../../../shared/db/databases.ts";
import { saveAlertRules } from "../db/alert-rules.ts";
import { implement } from "./implement.ts";

export const changeRules = implement(changeAlertRules, async ({ env, scope, audit }, { version, rules }) => {
  for (const { rule, threshold } of rules) {
    const allowed = declarationOf(rule).threshold;
    const isValid =
      allowed === null
        ? threshold === null
        : Number.isInteger(threshold) && Number(threshold) >= allowed.min && Number(threshold) <= allowed.max;
    if (!isValid)
      return refusal(
        "invalid",
        `Enter a whole number from ${allowed?.min} to ${allowed?.max.toLocaleString("en-US")}.`,
        `threshold_${rule}`,
      );
  }
  const after = Object.fromEntries(
    rules.map(({ rule, isEnabled, threshold }) => [rule, isEnabled ? (threshold ?? "on") : "off"]),
  );
  if (
    await saveAlertRules(dataOf(env, scope), scope, version, rules, audit({ target: "alert_rules", after }))
  )
    return { outcome: "done" };
  return refusal(
    "conflict",
    "The rules changed while you were editing. Nothing was saved. Reload the page, then save again.",
  );
});
