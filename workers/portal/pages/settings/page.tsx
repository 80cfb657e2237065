import { changeProjectSettings } from "../../../../shared/contract/operations/projects.ts";
import { type ProjectRow, readProjectSettings } from "../../../../shared/db/projects.ts";
import { mayRun } from "../../auth/may-run.ts";
import { Field, FieldError, type FormState, SubmitButton } from "../../components/fields.tsx";
import { regionLabels } from "../../components/labels/common.ts";
import { renderPage } from "../../components/layout.tsx";
import { Card, Id, PageHead } from "../../components/parts.tsx";
import { readLinkSecretFacts } from "../../db/recovery-links.ts";
import { buildPath, getData, type PortalContext } from "../../request-context.ts";
import { SignalsCard } from "../signals/card.tsx";
import { LinkSecretCard } from "./link-secret.tsx";
import { RateLimitCard } from "./rate-limit.tsx";

export async function renderSettingsPage(
  c: PortalContext,
  sent: FormState | null = null,
  status: 200 | 409 | 422 = 200,
  sentSignals: FormState | null = null,
) {
  const { projectId } = c.get("project");
  const project = await readProjectSettings(c.env.DB, projectId);
  if (project === null) throw new Error(`The project ${projectId} is gone`);
  const form = sent ?? { values: toFormValues(project), errors: {} };
  const canChange = mayRun(c, changeProjectSettings);
  return renderPage(
    c,
    { title: "Settings", status },
    <>
      <PageHead title="Settings" lead="Apply to test and live mode." />
      <Card title="Project" pad>
        <dl class="facts">
          <dt>Project ID</dt>
          <dd>
            <Id value={projectId} />
          </dd>
          <dt>Region</dt>
          <dd>
            {regionLabels[project.region]} <span class="quiet">· can't be changed</span>
          </dd>
        </dl>
      </Card>
      {canChange ? <SettingsForm c={c} form={form} project={project} /> : <SettingsFacts project={project} />}
      {await SignalsCard({ c, productCode: null, current: project, sent: sentSignals, hasUnits: true })}
      <RateLimitCard c={c} project={project} />
      <LinkSecretCard c={c} secret={await readLinkSecretFacts(getData(c), projectId, c.get("now"))} />
    </>,
  );
}

function SettingsForm({ c, form, project }: { c: PortalContext; form: FormState; project: ProjectRow }) {
  return (
    <Card title="General" pad>
      <form method="post" action={buildPath(c, "/settings")} class="form">
        <input type="hidden" name="version" value={String(project.updatedAt)} />
        <Field form={form} name="name" label="Name" />
        <Field
          form={form}
          name="success_url"
          label="Success URL"
          type="url"
          required={false}
          placeholder="https://app.acme.dev/thanks"
          hint="Where customers return after paying. Your app can override it per checkout. Required for checkouts."
        />
        <Field
          form={form}
          name="cancel_url"
          label="Cancel URL"
          type="url"
          required={false}
          placeholder="https://app.acme.dev/pricing"
        />
        <Field
          form={form}
          name="grace_days"
          label="Grace period (days)"
          type="number"
          min={0}
          max={60}
          hint="How long access continues after a failed payment. 0 ends it immediately."
        />
        <FieldError form={form} name="" />
        <div>
          <SubmitButton>Save settings</SubmitButton>
        </div>
      </form>
    </Card>
  );
}

function SettingsFacts({ project }: { project: ProjectRow }) {
  return (
    <Card title="General" pad>
      <dl class="facts">
        <dt>Success URL</dt>
        <dd>{project.successUrl ?? "not set"}</dd>
        <dt>Cancel URL</dt>
        <dd>{project.cancelUrl ?? "not set"}</dd>
        <dt>Grace period (days)</dt>
        <dd>{project.graceDays}</dd>
      </dl>
    </Card>
  );
}

function toFormValues({ name, successUrl, cancelUrl, graceDays }: ProjectRow) {
  return {
    name,
    success_url: successUrl ?? "",
    cancel_url: cancelUrl ?? "",
    grace_days: String(graceDays),
  };
}
