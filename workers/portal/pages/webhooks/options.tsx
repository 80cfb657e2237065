import type { Child } from "hono/jsx";
import { dayMs } from "../../../../shared/domain/entitlement.ts";
import { newId } from "../../../../shared/kit/ids.ts";
import type { Confirmation } from "../../auth/confirm-first.tsx";
import {
  emptyForm,
  FieldError,
  type FormState,
  Radios,
  Select,
  SubmitButton,
} from "../../components/fields.tsx";
import { formatCappedCount } from "../../components/labels/common.ts";
import { renderPage } from "../../components/layout.tsx";
import { LocalTimeField } from "../../components/local-time-field.tsx";
import { PageHead } from "../../components/parts.tsx";
import { readEndpointDetail } from "../../db/webhooks.ts";
import { readFormZone } from "../../http/zone-cookie.ts";
import { buildPath, getData, getScope, type PortalContext } from "../../request-context.ts";
import { toTimeField } from "../../time/parse-time.ts";
import { unknownEndpoint } from "./endpoint.tsx";

export type OptionAction = "enable" | "rotate" | "replay";

export const showEnable = (c: PortalContext) => renderOptionsPage(c, "enable");
export const showRotate = (c: PortalContext) => renderOptionsPage(c, "rotate");
export const showReplay = (c: PortalContext) => renderOptionsPage(c, "replay");

/** Explains an action and collects its options before it is applied. */
export async function renderOptionsPage(
  c: PortalContext,
  action: OptionAction,
  form: FormState = emptyForm,
  status: 200 | 409 | 422 = 200,
) {
  const endpointId = c.req.param("endpoint") ?? "";
  const found = await readEndpointDetail(getData(c), getScope(c), endpointId, 0);
  if (found === null) return unknownEndpoint(c);
  const { endpoint } = found;
  const { title, lead, button, fields } = buildParts(action, {
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
          <SubmitButton>{button}</SubmitButton>
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
  fields: Child;
}

function buildParts(
  action: OptionAction,
  {
    form,
    waiting,
    version,
    now,
    zone,
  }: { form: FormState; waiting: number; version: number; now: number; zone: string },
): Parts {
  const waitingText = countDeliveries(waiting);
  switch (action) {
    case "enable":
      return {
        title: "Enable endpoint",
        lead: `New events are sent again, and failures are counted from zero. The endpoint has ${waitingText}.`,
        button: "Enable endpoint",
        fields: (
          <Radios
            form={form}
            name="waiting"
            label="Queued deliveries"
            fallback="send"
            options={[
              { value: "send", label: "Send now", meaning: `Sends ${waitingText}, four at a time.` },
              {
                value: "drop",
                label: "Drop",
                meaning: `Marks ${waitingText} as failed. You can retry them later.`,
              },
            ]}
          />
        ),
      };
    case "rotate":
      return {
        title: "Rotate signing secret",
        lead: "Creates a new secret, shown once. Both secrets sign for the time you choose, so that your backend can switch without an outage.",
        button: "Rotate secret",
        fields: (
          <>
            <input type="hidden" name="version" value={String(version)} />
            <Select
              form={form}
              name="overlap"
              label="The old secret also signs for"
              options={overlaps}
              fallback="24"
            />
          </>
        ),
      };
    case "replay":
      return {
        title: "Replay events",
        lead: "Sends every event since a time to this endpoint, also those that it already received, with the same event IDs. Events older than 30 days are rebuilt from the customers' ledgers.",
        button: "Replay events",
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
  { value: "0", label: "0 hours (stops now)" },
  { value: "1", label: "1 hour" },
  { value: "24", label: "1 day" },
  { value: "72", label: "3 days" },
  { value: "168", label: "7 days" },
];

export const confirmDeletion = (c: PortalContext) =>
  confirmEndpoint(c, (waiting) => ({
    title: "Delete this endpoint?",
    text: `Nothing more is sent to it. ${waiting} are marked as failed, and its secret is deleted. Past deliveries stay visible for 30 days. This can't be undone.`,
    button: "Delete endpoint",
  }));

export const confirmDisabling = (c: PortalContext) =>
  confirmEndpoint(c, (waiting) => ({
    title: "Disable this endpoint?",
    text: `Your backend gets no events until you enable the endpoint again. New events and ${waiting} stay queued for it.`,
    button: "Disable endpoint",
  }));

async function confirmEndpoint(
  c: PortalContext,
  describe: (waiting: string) => Omit<Confirmation, "back">,
): Promise<Confirmation | Response> {
  const endpointId = c.req.param("endpoint") ?? "";
  const found = await readEndpointDetail(getData(c), getScope(c), endpointId, 0);
  if (found === null) return unknownEndpoint(c);
  const { text, ...others } = describe(countDeliveries(found.endpoint.open));
  const back = buildPath(c, `/webhooks/${endpointId}`);
  return { ...others, text: [<code class="wrap">{found.endpoint.url}</code>, <br />, text], back };
}

const countDeliveries = (count: number) =>
  `${formatCappedCount(count)} queued deliver${count === 1 ? "y" : "ies"}`;
