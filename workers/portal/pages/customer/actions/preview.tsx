import type { Child } from "hono/jsx";
import type { DecisionView, PreviewView } from "../../../../../shared/contract/operations/customer-views.ts";
import { signalTypes } from "../../../../../shared/contract/outbound-event.ts";
import { SubmitButton } from "../../../components/fields.tsx";
import { formatUnits, nameProduct, type ProductNames } from "../../../components/labels/common.ts";
import { formatReason } from "../../../components/labels/customer.ts";
import { renderPage } from "../../../components/layout.tsx";
import { Card } from "../../../components/parts.tsx";
import { readProductNames } from "../../../db/product-names.ts";
import { getZone } from "../../../http/zone-cookie.ts";
import { buildCustomerPath, type Form, getScope, type PortalContext } from "../../../request-context.ts";
import { ChangeTable } from "./change-table.tsx";
import { type ActionName, actions } from "./parse-form.ts";
import { ActionHead, formatAccess } from "./parts.tsx";
import { buildOutline, compareOutlines } from "./preview-outline.ts";

/** Shows what an action will change. Confirming sends the form again with the preview's fingerprint. */
export async function renderPreviewPage(
  c: PortalContext,
  name: ActionName,
  form: Form,
  preview: PreviewView,
  isOutdated = false,
) {
  const { fingerprint, before, after, changes, events } = preview;
  const outline = buildOutline(preview, getZone(c));
  const names = await readProductNames(c.env.DB, getScope(c));
  return renderPage(
    c,
    { title: "Review changes", status: isOutdated ? 409 : 200 },
    <>
      <ActionHead c={c} subjectRef={c.req.param("subject") ?? ""} title={actions[name].title} />
      {isOutdated ? <OutdatedNotice lines={compareOutlines(form["outline"], outline)} /> : null}
      <Card title="Review changes" note="Not applied yet">
        <div class="pad">
          <AccessLine before={before} after={after} />
        </div>
        <ChangeTable changes={changes} names={names} now={before.at} />
        <div class="pad">
          <Events events={events} />
          <p>
            Reason: <q>{formatReason(`${form["reason"]}: ${form["text"]}`)}</q>
          </p>
        </div>
      </Card>
      <ConfirmForm
        c={c}
        name={name}
        fields={{ ...form, fingerprint, outline }}
        label={nameConfirmation(name, form, preview, names)}
      />
    </>,
  );
}

/** Names the button that applies the action by its consequence, such as `Grant 750 units`. */
function nameConfirmation(
  name: ActionName,
  { how }: Form,
  { changes }: PreviewView,
  names: ProductNames,
): string {
  const units = changes.reduce((sum, change) => sum + change.units, 0);
  const product = nameProduct(names, changes[0]?.after.productCode ?? "");
  switch (name) {
    case "grant":
      return units > 0 ? `Grant ${formatUnits(units)}` : `Grant ${product}`;
    case "revoke":
      return `Revoke ${product}`;
    case "adjust":
      if (how === "set") return `Set ${formatUnits(changes[0]?.after.unitsRemaining ?? 0)}`;
      return units < 0 ? `Remove ${formatUnits(-units)}` : `Add ${formatUnits(units)}`;
    case "lift-hold":
      return "Lift hold";
    case "release-reservation":
      return `Release ${formatUnits(units)}`;
    case "undo":
      return "Undo change";
    case "sync":
      return "Apply changes";
  }
}

/** Shows a change of access, such as `Access: denied, no units are left → allowed`. */
export function AccessLine({ before, after }: { before: DecisionView; after: PreviewView["after"] }) {
  const isSame = formatAccess(before) === formatAccess(after);
  return (
    <p class="outcome">
      Access: <b>{formatAccess(before)}</b>
      {isSame ? (
        " (unchanged)."
      ) : (
        <>
          {" → "}
          <b class={after.allowed ? "good" : "bad"}>{formatAccess(after)}</b>
        </>
      )}
    </p>
  );
}

const isSignal = (type: string) => (signalTypes as readonly string[]).includes(type);

/** Signals are sent only where an endpoint subscribes to them, so they are not counted. */
function Events({ events }: { events: PreviewView["events"] }) {
  const sent = events.filter(({ type }) => !isSignal(type));
  const signals = events.filter(({ type }) => isSignal(type));
  const count = sent.length === 1 ? "1 webhook" : `${sent.length} webhooks`;
  return (
    <>
      <p>
        {sent.length === 0 ? "Sends no webhooks." : <EventTypes label={`Sends ${count}: `} events={sent} />}
      </p>
      {signals.length === 0 ? null : (
        <p>
          <EventTypes label="Sends to endpoints that subscribe: " events={signals} />
        </p>
      )}
    </>
  );
}

function EventTypes({ label, events }: { label: string; events: PreviewView["events"] }) {
  return (
    <>
      {label}
      {events.map(({ type, productCode }, index) => (
        <>
          {index === 0 ? null : ", "}
          <code>{type}</code>
          {productCode === null ? null : ` (${productCode})`}
        </>
      ))}
    </>
  );
}

export function OutdatedNotice({ lines }: { lines: { was: string; is: string }[] }) {
  return (
    <div class="notice bad" role="alert">
      <p>
        <b>This customer changed while you were reviewing.</b> Nothing was applied. The changes below are
        current.
      </p>
      {lines.length === 0 ? null : (
        <ul class="changes">
          {lines.map(({ was, is }) => (
            <li>
              {was === "" ? null : <del>{was}</del>} {is === "" ? null : <ins>{is}</ins>}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

export function ConfirmForm({
  c,
  name,
  fields,
  label,
}: {
  c: PortalContext;
  name: ActionName;
  fields: Form;
  label: Child;
}) {
  const subjectRef = c.req.param("subject") ?? "";
  return (
    <form method="post" action={buildCustomerPath(c, subjectRef, `/${name}`)} class="row">
      {Object.entries(fields).map(([key, value]) => (
        <input type="hidden" name={key} value={value} />
      ))}
      <SubmitButton tone={name === "revoke" ? "danger" : "primary"}>{label}</SubmitButton>
      <a class="button" href={buildCustomerPath(c, subjectRef)} data-drawer-close>
        Cancel
      </a>
    </form>
  );
}
