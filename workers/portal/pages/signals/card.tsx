import { setSignals } from "../../../../shared/contract/operations/projects.ts";
import type { SignalColumns } from "../../../../shared/db/signal-settings.ts";
import { mayRun } from "../../auth/may-run.ts";
import { Field, type FormState, Select, SubmitButton } from "../../components/fields.tsx";
import { JobProgress } from "../../components/job.tsx";
import { formatUnits } from "../../components/labels/common.ts";
import { Card } from "../../components/parts.tsx";
import { readRollout } from "../../db/product-subscribers.ts";
import { buildPath, getData, getScope, type PortalContext } from "../../request-context.ts";

const units = [
  { value: "percent", label: "Percent of what a pack granted" },
  { value: "units", label: "Units" },
];

interface SignalsCardProps {
  c: PortalContext;
  /** `null`: the settings of the project, for products that have none. */
  productCode: string | null;
  current: SignalColumns;
  sent: FormState | null;
  /** Whether it sells or includes units. */
  hasUnits: boolean;
}

/** When `usage.low` and `entitlement.expiring` are sent. */
export async function SignalsCard({ c, productCode, current, sent, hasUnits }: SignalsCardProps) {
  const form = sent ?? { values: toFormValues(current), errors: {} };
  const base = productCode === null ? "/settings" : `/products/${productCode}`;
  const blank =
    productCode === null ? "Leave blank or 0 for none." : "Leave blank for the project's, 0 for none.";
  return (
    <Card title="Signals" note="Sent to endpoints that subscribe to them" pad>
      <p>{describeSignals(current, productCode)}</p>
      {await Rollout({ c })}
      {mayRun(c, setSignals) ? (
        <form method="post" action={buildPath(c, `${base}/signals`)} class="form" data-confirm="">
          {hasUnits ? (
            <>
              <Field
                form={form}
                name="low_balance"
                label="Low balance at"
                type="number"
                min={0}
                required={false}
                hint={`usage.low is sent at this balance, and usage.recovered 10% above it. ${blank}`}
              />
              <Select
                form={form}
                name="low_balance_in"
                label="Counted in"
                options={units}
                fallback="percent"
              />
            </>
          ) : null}
          <Field
            form={form}
            name="expiring_days"
            label="Expiring notice (days)"
            type="number"
            min={0}
            max={365}
            required={false}
            hint={`entitlement.expiring is sent this many days before the end. ${blank}`}
          />
          <div>
            <SubmitButton>Change signals</SubmitButton>
          </div>
        </form>
      ) : null}
    </Card>
  );
}

/** How far changed settings have come to the customers of this mode. */
async function Rollout({ c }: { c: PortalContext }) {
  const rollout = await readRollout(getData(c), getScope(c), "");
  if (rollout === null || rollout.status === "finished" || rollout.round > 1) return null;
  return <JobProgress done={rollout.done} total={rollout.total} word="customers have the newest settings" />;
}

function describeSignals(
  { lowBalance, lowBalanceIn, expiringDays }: SignalColumns,
  productCode: string | null,
) {
  const blank = productCode === null ? "none" : "as in Settings";
  const describe = (value: number | null, text: (value: number) => string) =>
    value === null ? blank : value === 0 ? "none" : text(value);
  const low = describe(lowBalance, (value) =>
    lowBalanceIn === "percent" ? `${value}% of what a pack granted` : formatUnits(value),
  );
  const days = describe(expiringDays, (value) => (value === 1 ? "1 day before" : `${value} days before`));
  return `Low balance: ${low}. Expiring notice: ${days}.`;
}

const toFormValues = ({ lowBalance, lowBalanceIn, expiringDays }: SignalColumns) => ({
  low_balance: String(lowBalance ?? ""),
  low_balance_in: lowBalanceIn ?? "percent",
  expiring_days: String(expiringDays ?? ""),
});
