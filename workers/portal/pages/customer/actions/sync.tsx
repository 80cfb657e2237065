import type { SyncPreview } from "../../../../../shared/contract/operations/customer-views.ts";
import * as customers from "../../../../../shared/contract/operations/customers.ts";
import type { ActionReasonInput } from "../../../../../shared/contract/operations/inputs.ts";
import { formatReason, toOperationTitle } from "../../../components/labels/customer.ts";
import { renderPage } from "../../../components/layout.tsx";
import { Card, Empty } from "../../../components/parts.tsx";
import { readProductNames } from "../../../db/product-names.ts";
import { callOperation } from "../../../http/call-operation.ts";
import { redirectWith } from "../../../http/flash.ts";
import { buildCustomerPath, type Form, getScope, type PortalContext } from "../../../request-context.ts";
import { ChangeTable } from "./change-table.tsx";
import { renderRefusedActionPage } from "./form.tsx";
import { actions } from "./parse-form.ts";
import { ActionHead } from "./parts.tsx";
import { AccessLine, ConfirmForm, OutdatedNotice } from "./preview.tsx";

export async function previewSync(c: PortalContext, form: Form) {
  const reply = await callOperation(c, customers.previewSync, { subjectRef: c.req.param("subject") ?? "" });
  if (reply.outcome === "done") return syncPage(c, form, reply.preview);
  return renderRefusedActionPage(c, "sync", form, reply);
}

export async function applySync(c: PortalContext, form: Form, reason: ActionReasonInput) {
  const subjectRef = c.req.param("subject") ?? "";
  const sync = { fingerprint: form["fingerprint"] ?? "", ...reason };
  const reply = await callOperation(c, customers.applySync, { subjectRef, ...sync });
  switch (reply.outcome) {
    case "refused":
      return renderRefusedActionPage(c, "sync", form, reply);
    case "preview_outdated":
      return syncPage(c, form, reply.preview, true);
    case "done":
      return redirectWith(c, buildCustomerPath(c, subjectRef), syncedMessage(reply.changes));
  }
}

const syncedMessage = (changes: number): string =>
  changes === 0
    ? "Synced from Stripe: no changes."
    : `Synced from Stripe: ${changes === 1 ? "1 change" : `${changes} changes`} applied.`;

/**
 * Shows the changes in Stripe that the ledger lacks, each with its cause. After a form is sent twice, no
 * changes remain.
 */
async function syncPage(c: PortalContext, form: Form, preview: SyncPreview, isOutdated = false) {
  const { fingerprint, before, after, changes } = preview;
  const subjectRef = c.req.param("subject") ?? "";
  if (changes.length === 0)
    return renderPage(
      c,
      { title: "Sync from Stripe" },
      <>
        <ActionHead c={c} subjectRef={subjectRef} title={actions.sync.title} />
        <Card>
          <Empty title={isOutdated ? "Already applied" : "No differences from Stripe"}>
            <p>This customer is up to date with Stripe.</p>
            <a class="button" href={buildCustomerPath(c, subjectRef)}>
              Back to the customer
            </a>
          </Empty>
        </Card>
      </>,
    );
  const names = await readProductNames(c.env.DB, getScope(c));
  return renderPage(
    c,
    { title: "Review changes", status: isOutdated ? 409 : 200 },
    <>
      <ActionHead c={c} subjectRef={subjectRef} title={actions.sync.title} />
      {isOutdated ? <OutdatedNotice lines={[]} /> : null}
      <Card title="Changes found in Stripe" note="Not applied yet">
        <div class="pad">
          <AccessLine before={before} after={after} />
          <p>
            Reason: <q>{formatReason(`${form["reason"]}: ${form["text"]}`)}</q>
          </p>
        </div>
        {changes.map(({ operation, reason, cause, touched }) => (
          <>
            <p class="pad">
              <span>
                <b>{toOperationTitle(operation)}</b>{" "}
                <span class="quiet">{describeSource(operation, [cause, reason])}</span>
              </span>
            </p>
            {touched.length === 0 ? null : <ChangeTable changes={touched} names={names} now={before.at} />}
          </>
        ))}
      </Card>
      <ConfirmForm
        c={c}
        name="sync"
        fields={{ ...form, fingerprint }}
        label={changes.length === 1 ? "Apply 1 change" : `Apply ${changes.length} changes`}
      />
    </>,
  );
}

/** Says where a change is from, such as `read from Stripe: subscription, renewed`. A word that the title has is left out. */
function describeSource(operation: string, words: string[]): string {
  const others = [...new Set(words)].filter((word) => word !== operation);
  return ["read from Stripe", ...(others.length === 0 ? [] : [others.join(", ").replaceAll("_", " ")])].join(
    ": ",
  );
}
