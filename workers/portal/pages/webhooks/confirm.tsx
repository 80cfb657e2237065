import type { Child } from "hono/jsx";
import { dayMs } from "../../../../shared/domain/entitlement.ts";
import { newId } from "../../../../shared/kit/ids.ts";
import { emptyForm, FieldError, type FormState, Radios, Select } from "../../components/fields.tsx";
import { formatCappedCount } from "../../components/labels/common.ts";
import { renderPage } from "../../components/layout.tsx";
import { LocalTimeField } from "../../components/local-time-field.tsx";
import { PageHead } from "../../components/parts.tsx";
import { readEndpointDetail } from "../../db/webhooks.ts";
import { readFormZone } from "../../http/zone-cookie.ts";
import { buildPath, getScope, type PortalContext } from "../../request-context.ts";
import { toTimeField } from "../../time/parse-time.ts";
import { unknownEndpoint } from "./endpoint.tsx";

export type ConfirmedAction = "enable" | "delete" | "rotate" | "replay";

export const showEnable = (c: PortalContext) => renderConfirmPage(c, "enable");
export const showDelete = (c: PortalContext) => renderConfirmPage(c, "delete");
export const showRotate = (c: PortalContext) => renderConfirmPage(c, "rotate");
export const showReplay = (c: PortalContext) => renderConfirmPage(c, "replay");

/** Explains an action and collects its options before it is applied. */
export async function renderConfirmPage(
  c: PortalContext,
  action: ConfirmedAction,
  form: FormState = emptyForm,
  status: 200 | 409 | 422 = 200,
) {
  const endpointId = c.req.param("endpoint") ?? "";
  const found = await readEndpointDetail(c.env.DB, getScope(c), endpointId, 0);
  if (found === null) return unknownEndpoint(c);
  const { endpoint } = found;
  const { title, lead, button, tone, fields } = buildParts(action, {
    form,
    waiting: endpoint.open,
    version: endpoint.updatedAt,
    now: c.get("now"),
    zone: readFormZone(c, form.values["zone"]),
  });
  const path = buildPath(c, `/webhooks/${endpointId}`);
  return renderPage(
    c,
    { title, status },
    <>
      <PageHead title={title} lead={lead} />
      <p>
        <code class="wrap">{endpoint.url}</code>
      </p>
      <form method="post" action={`${path}/${action}`} class="form">
        {fields}
        <FieldError form={form} name="" />
        <div class="row">
          <button class={`button ${tone}`} type="submit">
            {button}
          </button>
          <a class="button" href={path}>
            Cancel
          </a>
        </div>
      </form>
    </>,
  );
}

interface Parts {
  title: string;
  lead: string;
  button: string;
  tone: "primary" | "danger";
  fields: Child;
}

function buildParts(
  action: ConfirmedAction,
  {
    form,
    waiting,
    version,
    now,
    zone,
  }: { form: FormState; waiting: number; version: number; now: number; zone: string },
): Parts {
  const waitingText = `${formatCappedCount(waiting)} deliver${waiting === 1 ? "y" : "ies"}`;
  switch (action) {
    case "enable":
      return {
        title: "Enable the endpoint",
        lead: `It gets new events from now on, with a clean record. ${waitingText} waited for it meanwhile.`,
        button: "Enable it",
        tone: "primary",
        fields: (
          <Radios
            form={form}
            name="waiting"
            label="What waited"
            fallback="send"
            options={[
              { value: "send", label: "Send it now", meaning: `${waitingText} will be sent, four at once.` },
              {
                value: "drop",
                label: "Drop it",
                meaning: `${waitingText} will be given up. They can be queued again later.`,
              },
            ]}
          />
        ),
      };
    case "delete":
      return {
        title: "Delete the endpoint",
        lead: `Nothing is sent to it any more, ${waitingText} that wait are given up, and its secret is gone. This can't be undone. Past deliveries stay to be seen for 30 days.`,
        button: "Delete it",
        tone: "danger",
        fields: null,
      };
    case "rotate":
      return {
        title: "Rotate the signing secret",
        lead: "A new secret is made and shown once. Both sign for the time you choose, so that your backend can change over without an outage.",
        button: "Make the new secret",
        tone: "primary",
        fields: (
          <>
            <input type="hidden" name="version" value={String(version)} />
            <Select
              form={form}
              name="overlap"
              label="The old one goes on signing for"
              options={overlaps}
              fallback="24"
            />
          </>
        ),
      };
    case "replay":
      return {
        title: "Replay events",
        lead: "Everything that happened since a moment and that this endpoint asks for is sent to it, had or not, with the same event ids. What is older than 30 days is made again from the ledgers.",
        button: "Begin the replay",
        tone: "primary",
        fields: (
          <>
            <input type="hidden" name="job_id" value={newId("job", now)} />
            <input type="hidden" name="zone" value={zone} />
            <LocalTimeField
              form={{ ...form, values: { since: toTimeField(now - dayMs, zone), ...form.values } }}
              name="since"
              label="Since"
              zone={zone}
            />
          </>
        ),
      };
  }
}

/** Values are in hours. */
const overlaps = [
  { value: "0", label: "Not at all: it stops now" },
  { value: "1", label: "1 hour" },
  { value: "24", label: "1 day" },
  { value: "72", label: "3 days" },
  { value: "168", label: "7 days" },
];
