import { saveAuditSettings, uploadMapping } from "../../../../shared/contract/operations/access-audits.ts";
import type { AuditSettingsRow } from "../../../../shared/db/access-audits.ts";
import { mayRun } from "../../auth/may-run.ts";
import { Field, FieldError, type FormState, Select, SubmitButton } from "../../components/fields.tsx";
import { mappingOptions } from "../../components/labels/access-audit.ts";
import { formatCustomers } from "../../components/labels/bulk.ts";
import { formatCount } from "../../components/labels/common.ts";
import { Card } from "../../components/parts.tsx";
import { buildPath, type PortalContext } from "../../request-context.ts";

type Settings = Pick<AuditSettingsRow, "source" | "metadataKey" | "dailyHour">;

/** What a refused form shows again. */
export interface Refused {
  settings?: FormState;
  mapping?: { problems: string[]; count: number };
}

/** Which customer of yours a Stripe customer is, and when the daily audit runs. */
export function SettingsCards({
  c,
  settings,
  mappedCustomers,
  refused,
}: {
  c: PortalContext;
  settings: Settings;
  mappedCustomers: number;
  refused: Refused;
}) {
  const form = refused.settings ?? { values: toValues(settings), errors: {} };
  if (!mayRun(c, saveAuditSettings)) return <SettingsFacts settings={settings} mapped={mappedCustomers} />;
  return (
    <>
      <Card title="Customer mapping" note="Used for purchases that Licenzy did not sell" id="mapping" pad>
        <form method="post" action={buildPath(c, "/access-audit/settings")} class="form">
          <Select
            form={form}
            name="source"
            label="Your customer's name is in"
            options={mappingOptions}
            hint="Licenzy's own metadata always comes first."
          />
          <Field
            form={form}
            name="metadata_key"
            label="Metadata key"
            required={false}
            placeholder="user_id"
            mono
          />
          {c.get("mode") === "live" ? (
            <Field
              form={form}
              name="daily_hour"
              label="Hour of the daily audit (UTC)"
              type="number"
              min={0}
              max={23}
              required={false}
              hint="From 0 to 23. Empty turns the daily audit off."
            />
          ) : (
            <input type="hidden" name="daily_hour" value={form.values["daily_hour"] ?? ""} />
          )}
          <FieldError form={form} name="" />
          <div>
            <SubmitButton>Save audit settings</SubmitButton>
          </div>
        </form>
      </Card>
      {mayRun(c, uploadMapping) ? <MappingFile c={c} mapped={mappedCustomers} refused={refused} /> : null}
    </>
  );
}

function MappingFile({
  c,
  mapped,
  refused: { mapping },
}: {
  c: PortalContext;
  mapped: number;
  refused: Refused;
}) {
  return (
    <Card title="CSV file" note={`${formatCustomers(mapped)} mapped`} pad>
      {mapping === undefined ? null : (
        <div class="notice bad" role="alert">
          <p>
            <b>
              The file was not used: {formatCount(mapping.count)}{" "}
              {mapping.count === 1 ? "problem" : "problems"}.
            </b>{" "}
            Correct the file and upload it again.
          </p>
          <ul>
            {mapping.problems.map((problem) => (
              <li class="wrap">{problem}</li>
            ))}
          </ul>
        </div>
      )}
      <form
        method="post"
        action={buildPath(c, "/access-audit/mapping")}
        class="form"
        enctype="multipart/form-data"
      >
        <div class="field">
          <label for="csv">Mapping</label>
          <input
            id="csv"
            name="csv"
            type="file"
            accept=".csv,text/csv"
            required
            aria-describedby="csv-hint"
          />
          <p class="hint" id="csv-hint">
            UTF-8, one line per customer: <code>cus_…,subject_ref</code>. Up to 100,000 lines and 8 MB. It
            replaces the mapping that is there.
          </p>
        </div>
        <div>
          <SubmitButton tone="">Upload mapping</SubmitButton>
        </div>
      </form>
    </Card>
  );
}

function SettingsFacts({
  settings: { source, metadataKey, dailyHour },
  mapped,
}: {
  settings: Settings;
  mapped: number;
}) {
  return (
    <Card title="Customer mapping" id="mapping" pad>
      <dl class="facts">
        <dt>Your customer's name is in</dt>
        <dd>
          {mappingOptions.find(({ value }) => value === source)?.label}
          {metadataKey === null ? null : <code> {metadataKey}</code>}
        </dd>
        <dt>CSV file</dt>
        <dd>{formatCustomers(mapped)} mapped</dd>
        <dt>Daily audit of live mode</dt>
        <dd>{dailyHour === null ? "Off" : `${String(dailyHour).padStart(2, "0")}:00 UTC`}</dd>
      </dl>
    </Card>
  );
}

const toValues = ({ source, metadataKey, dailyHour }: Settings): FormState["values"] => ({
  source,
  metadata_key: metadataKey ?? "",
  daily_hour: dailyHour === null ? "" : String(dailyHour),
});
