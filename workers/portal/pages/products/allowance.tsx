import type { AllowanceTerms } from "../../../../shared/domain/allowance-terms.ts";
import { Field, type FormState, Select, SubmitButton } from "../../components/fields.tsx";
import { JobProgress } from "../../components/job.tsx";
import { formatCount, formatUnits } from "../../components/labels/common.ts";
import { Card } from "../../components/parts.tsx";
import { Cell, Row, Table } from "../../components/table.tsx";
import { Time } from "../../components/time.tsx";
import type { TermsRollout } from "../../db/product-subscribers.ts";
import { buildPath, type PortalContext } from "../../request-context.ts";
import { describeExample } from "./allowance-example.ts";

const intervals = [
  { value: "month", label: "Every month" },
  { value: "period", label: "Every paid period" },
];

interface AllowanceCardProps {
  c: PortalContext;
  productCode: string;
  /** The newest version last. */
  versions: AllowanceTerms[];
  /** How far the newest version has come to the subscribers; `null` for none. */
  rollout: TermsRollout | null;
  form: FormState;
  canChange: boolean;
}

/** What a subscription includes, in all versions, and the form for a new one. */
export function AllowanceCard({ c, productCode, versions, rollout, form, canChange }: AllowanceCardProps) {
  const latest = versions.at(-1);
  const now = c.get("now");
  return (
    <Card title="Included units" note="Granted to each subscriber while the subscription is paid" pad>
      {versions.length === 0 ? (
        <p class="quiet">None yet.</p>
      ) : (
        <Table label="Versions of the included units" columns={["From", "Units", "Roll over"]}>
          {versions.toReversed().map((terms) => (
            <Row>
              <Cell>
                <Time at={terms.from} now={now} />
              </Cell>
              <Cell>
                {formatCount(terms.units)} {terms.every === "month" ? "a month" : "a period"}
              </Cell>
              <Cell>{describeRollover(terms)}</Cell>
            </Row>
          ))}
        </Table>
      )}
      {latest === undefined ? null : <p>{describeExample(latest)}</p>}
      {rollout === null ? null : <Rollout rollout={rollout} now={now} />}
      {canChange ? <AllowanceForm {...{ c, productCode, form }} version={latest?.version ?? 0} /> : null}
    </Card>
  );
}

/** Customers in the first round have the progress; later rounds only look for those who were missed. */
function Rollout({ rollout, now }: { rollout: TermsRollout; now: number }) {
  const { status, round, done, total, unreached, updatedAt } = rollout;
  if (round === 1) return <JobProgress done={done} total={total} word="subscribers have the newest terms" />;
  if (unreached > 0)
    return (
      <p class="notice warn">
        {formatCount(unreached)} of {formatCount(total)} subscribers did not respond. They get the newest
        terms{" "}
        {status === "finished"
          ? "when Stripe next reports their subscription"
          : "when Licenzy retries, within an hour"}
        .
      </p>
    );
  return (
    <p class="quiet">
      All subscribers have the newest terms. Checked <Time at={updatedAt} now={now} />
      {status === "finished" ? "." : ", and checked again within an hour."}
    </p>
  );
}

function AllowanceForm({
  c,
  productCode,
  form,
  version,
}: Pick<AllowanceCardProps, "c" | "productCode" | "form"> & { version: number }) {
  return (
    <form method="post" action={buildPath(c, `/products/${productCode}/allowance`)} class="form">
      <input type="hidden" name="terms_version" value={String(version)} />
      <Field
        form={form}
        name="included_units"
        label="Units"
        type="number"
        min={0}
        hint="0 ends the allowance with the next window."
      />
      <Select form={form} name="every" label="Granted" options={intervals} fallback="month" />
      <Field
        form={form}
        name="rollover_windows"
        label="Later windows in which unused units stay usable"
        type="number"
        min={0}
        max={12}
        hint="0 to 12. With 1, unused units last one more month or period."
      />
      <Field
        form={form}
        name="rollover_max"
        label="Unused units to keep, at most"
        type="number"
        min={0}
        required={false}
        hint="The oldest expire first. Leave blank to keep all."
      />
      <Field
        form={form}
        name="in_trial"
        label="Units in a trial"
        type="number"
        min={0}
        required={false}
        hint="Leave blank for none."
      />
      <Field
        form={form}
        name="from"
        label="From"
        type="date"
        required={false}
        hint="Windows that begin on this day (UTC) or later. Leave blank for now."
      />
      <div>
        <SubmitButton>Change included units</SubmitButton>
      </div>
    </form>
  );
}

function describeRollover({ rolloverWindows, rolloverMax }: AllowanceTerms): string {
  if (rolloverWindows === 0) return "—";
  const windows = rolloverWindows === 1 ? "1 window" : `${rolloverWindows} windows`;
  return rolloverMax === null ? windows : `${windows}, at most ${formatUnits(rolloverMax)}`;
}
