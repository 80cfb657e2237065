import {
  type AlertRule,
  type AlertRuleSetting,
  alertRuleNames,
  declarationOf,
} from "../../../../shared/contract/alerts.ts";
import { changeAlertRules } from "../../../../shared/contract/operations/alert-rules.ts";
import { mayRun } from "../../auth/may-run.ts";
import { FieldError, type FormState, SubmitButton } from "../../components/fields.tsx";
import { Card } from "../../components/parts.tsx";
import { Cell, Row, Table } from "../../components/table.tsx";
import { buildPath, type PortalContext } from "../../request-context.ts";

type StoredSetting = AlertRuleSetting & { updatedAt: number };

interface RulesProps {
  c: PortalContext;
  settings: StoredSetting[];
  /** A refused form; `null` shows the stored settings. */
  sent: FormState | null;
}

export function Rules({ c, settings, sent }: RulesProps) {
  const form = sent ?? { values: toFormValues(settings), errors: {} };
  const canChange = mayRun(c, changeAlertRules);
  const version =
    sent?.values["version"] ?? String(Math.max(0, ...settings.map(({ updatedAt }) => updatedAt)));
  const table = (
    <Table label="Rules" columns={["Rule", "Alerts in", "Threshold", "Enabled"]}>
      {alertRuleNames.map((rule) => (
        <RuleRow rule={rule} form={form} canChange={canChange} />
      ))}
    </Table>
  );
  if (!canChange) return <Card title="Rules">{table}</Card>;
  return (
    <Card title="Rules">
      <form method="post" action={buildPath(c, "/alerts/rules")}>
        <input type="hidden" name="version" value={version} />
        {table}
        <div class="pad">
          <FieldError form={form} name="" />
          <div>
            <SubmitButton>Save rules</SubmitButton>
          </div>
        </div>
      </form>
    </Card>
  );
}

function RuleRow({ rule, form, canChange }: { rule: AlertRule; form: FormState; canChange: boolean }) {
  const { title, meaning, sends, threshold } = declarationOf(rule);
  const name = `threshold_${rule}`;
  const error = form.errors[name];
  return (
    <Row>
      <Cell class="wrap">
        <b>{title}</b>
        <small>{meaning}</small>
      </Cell>
      <Cell>{sends ? "Inbox and channels" : "Inbox"}</Cell>
      <Cell>
        {threshold === null ? (
          "—"
        ) : (
          <span class="threshold">
            <input
              id={name}
              name={name}
              inputmode="numeric"
              aria-label={`${title}: ${threshold.unit}`}
              aria-invalid={error === undefined ? undefined : "true"}
              aria-describedby={error === undefined ? undefined : `${name}-fault`}
              value={form.values[name] ?? String(threshold.fallback)}
              readonly={!canChange}
            />{" "}
            {threshold.unit}
          </span>
        )}
        <FieldError form={form} name={name} />
      </Cell>
      <Cell>
        <input
          type="checkbox"
          name={`enabled_${rule}`}
          value="on"
          aria-label={`${title}: enabled`}
          checked={form.values[`enabled_${rule}`] === "on"}
          disabled={!canChange}
        />
      </Cell>
    </Row>
  );
}

function toFormValues(settings: StoredSetting[]): FormState["values"] {
  const fields = alertRuleNames.flatMap((rule) => {
    const stored = settings.find((setting) => setting.rule === rule);
    const threshold = stored?.threshold ?? declarationOf(rule).threshold?.fallback;
    return [
      ...(stored?.isEnabled === false ? [] : [[`enabled_${rule}`, "on"]]),
      ...(threshold === undefined ? [] : [[`threshold_${rule}`, String(threshold)]]),
    ];
  });
  return Object.fromEntries(fields);
}
