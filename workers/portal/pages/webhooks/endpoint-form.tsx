import type { Child } from "hono/jsx";
import { eventTypeDescriptions } from "../../../../shared/contract/event-catalog.ts";
import type { EndpointInput } from "../../../../shared/contract/operations/endpoints.ts";
import {
  outboundEventTypes,
  signalTypes,
  usageEventTypes,
} from "../../../../shared/contract/outbound-event.ts";
import { type EndpointRow, readEndpoint } from "../../../../shared/db/endpoints.ts";
import { newId } from "../../../../shared/kit/ids.ts";
import {
  Checkboxes,
  emptyForm,
  Field,
  FieldError,
  type FormState,
  SubmitButton,
} from "../../components/fields.tsx";
import { renderPage } from "../../components/layout.tsx";
import { PageHead } from "../../components/parts.tsx";
import { readField } from "../../http/form.ts";
import { buildPath, type Form, getData, getScope, type PortalContext } from "../../request-context.ts";
import { unknownEndpoint } from "./endpoint.tsx";

type Status = 200 | 409 | 422;

/**
 * Event types of new endpoints: all but those of usage, which are one event or more per request, and signals, which
 * repeat what the others say.
 */
const optionalTypes: readonly string[] = [...usageEventTypes, ...signalTypes];
const defaultTypes = outboundEventTypes.filter((type) => !optionalTypes.includes(type));

const typeField = (type: string) => `event_types_${type}`;
const checkedTypes = (types: readonly string[]): Form =>
  Object.fromEntries(types.map((type) => [typeField(type), "on"]));

export function renderNewEndpointPage(c: PortalContext, form: FormState = emptyForm, status: Status = 200) {
  const shown = form === emptyForm ? { ...form, values: checkedTypes(defaultTypes) } : form;
  const endpointId = readField(form.values, "endpoint_id") || newId("ep", c.get("now"));
  return renderPage(
    c,
    { title: "New endpoint", status },
    <>
      <PageHead
        title="New endpoint"
        lead={`Receives the events of ${c.get("mode")} mode. The signing secret is shown next.`}
      />
      <EndpointForm c={c} form={shown} path="/webhooks" button="Add endpoint" cancel="/webhooks">
        <input type="hidden" name="endpoint_id" value={endpointId} />
      </EndpointForm>
    </>,
  );
}

export async function renderEditEndpointPage(c: PortalContext, form?: FormState, status: Status = 200) {
  const endpointId = c.req.param("endpoint") ?? "";
  const endpoint = await readEndpoint(getData(c), getScope(c), endpointId);
  if (endpoint === null) return unknownEndpoint(c);
  const path = `/webhooks/${endpointId}`;
  return renderPage(
    c,
    { title: "Edit endpoint", status },
    <>
      <PageHead
        title="Edit endpoint"
        lead="Queued deliveries go to the new URL. Queued events of a type that you remove are not sent."
      />
      {status === 409 ? <CurrentVersion endpoint={endpoint} /> : null}
      <EndpointForm
        c={c}
        form={form ?? { values: toFormValues(endpoint), errors: {} }}
        path={`${path}/edit`}
        button="Save endpoint"
        cancel={path}
      >
        <input type="hidden" name="version" value={String(endpoint.updatedAt)} />
      </EndpointForm>
    </>,
  );
}

/** Shows the current version next to values that were entered on an older version. */
function CurrentVersion({ endpoint }: { endpoint: EndpointRow }) {
  return (
    <div class="notice">
      <p>
        <b>Current values:</b> {endpoint.url}
        {endpoint.description === "" ? null : `, ${endpoint.description}`}; {endpoint.eventTypes.join(", ")}
      </p>
    </div>
  );
}

const typeOptions = outboundEventTypes.map((value) => ({
  value,
  label: value,
  meaning: eventTypeDescriptions[value],
}));

function EndpointForm({
  c,
  form,
  path,
  button,
  cancel,
  children,
}: {
  c: PortalContext;
  form: FormState;
  path: string;
  button: string;
  cancel: string;
  children: Child;
}) {
  return (
    <form method="post" action={buildPath(c, path)} class="form">
      {children}
      <Field
        form={form}
        name="url"
        label="Endpoint URL"
        type="url"
        mono
        placeholder="https://api.example.com/webhooks/licenzy"
        hint="Public HTTPS URL (port 443 or 8443)."
        autofocus
      />
      <Field form={form} name="description" label="Description" required={false} hint="Shown to your team." />
      <Checkboxes form={form} name="event_types" label="Events to send" options={typeOptions} />
      <FieldError form={form} name="" />
      <div class="row">
        <SubmitButton>{button}</SubmitButton>
        <a class="button" href={buildPath(c, cancel)}>
          Cancel
        </a>
      </div>
    </form>
  );
}

const toFormValues = ({ url, description, eventTypes }: EndpointRow): Form => ({
  url,
  description,
  ...checkedTypes(eventTypes),
});

export function readEndpointForm(form: Form): EndpointInput {
  return {
    url: readField(form, "url"),
    description: readField(form, "description"),
    eventTypes: outboundEventTypes.filter((type) => form[typeField(type)] === "on"),
  };
}
