import * as customers from "../../../../../shared/contract/operations/customers.ts";
import type { LastErasure } from "../../../../../shared/db/erasures.ts";
import { newId } from "../../../../../shared/kit/ids.ts";
import { emptyForm, Field, FieldError, type FormState, SubmitButton } from "../../../components/fields.tsx";
import { formatCount } from "../../../components/labels/common.ts";
import { renderPage } from "../../../components/layout.tsx";
import { Card, Empty, Id } from "../../../components/parts.tsx";
import { Ref } from "../../../components/ref.tsx";
import { renderRefusalPage } from "../../../components/refusal-page.ts";
import { FullTime } from "../../../components/time.tsx";
import { callOperation, toHttpStatus, toRefusedForm } from "../../../http/call-operation.ts";
import { redirectWith } from "../../../http/flash.ts";
import { readForm } from "../../../http/form.ts";
import { buildCustomerPath, type PortalContext } from "../../../request-context.ts";
import { parseReason } from "../actions/parse-form.ts";
import { ActionHead, ReasonFields } from "../actions/parts.tsx";

/** Shows what an erasure deletes, and the form that starts it. */
export async function showErase(c: PortalContext) {
  return erasePage(c, emptyForm, 200);
}

export async function eraseCustomer(c: PortalContext) {
  const subjectRef = c.req.param("subject") ?? "";
  const form = await readForm(c);
  const why = parseReason(form);
  if ("errors" in why) return erasePage(c, { values: form, ...why }, 422);
  const erasureId = form["erasure_id"] ?? "";
  const confirmation = form["confirmation"] ?? "";
  const command = { erasureId, confirmation, ...why };
  const reply = await callOperation(c, customers.eraseCustomer, { subjectRef, ...command });
  if (reply.outcome === "done") {
    const text = reply.state === "done" ? "Customer erased." : "Erasing. This takes a few minutes.";
    return redirectWith(c, buildCustomerPath(c, subjectRef), text);
  }
  const status = toHttpStatus(reply);
  return status === 422 ? erasePage(c, toRefusedForm(form, reply), status) : renderRefusalPage(c, reply);
}

async function erasePage(c: PortalContext, form: FormState, status: 200 | 422) {
  const subjectRef = c.req.param("subject") ?? "";
  const reply = await callOperation(c, customers.previewErase, { subjectRef });
  if (reply.outcome === "refused") return renderRefusalPage(c, reply);
  // The id is chosen with the form, so that a form sent twice is one erasure.
  const erasureId = form.values["erasure_id"] ?? newId("ers", c.get("now"));
  return renderPage(
    c,
    { title: "Erase this customer", status },
    <>
      <ActionHead c={c} subjectRef={subjectRef} title="Erase this customer" />
      <Preview preview={reply.preview} />
      <form method="post" action={buildCustomerPath(c, subjectRef, "/erase")} class="form">
        <input type="hidden" name="erasure_id" value={erasureId} />
        <ReasonFields
          form={form}
          placeholder="Ticket 4471"
          hint="Stays in the audit log, so don't name the customer. At most 500 characters."
        />
        <Field
          form={form}
          name="confirmation"
          label="Type the subject_ref to confirm"
          autocomplete="off"
          mono
          hint={
            <code>
              <Ref value={subjectRef} whole />
            </code>
          }
        />
        <FieldError form={form} name="" />
        <div class="row">
          <SubmitButton tone="danger">Erase permanently</SubmitButton>
          <a class="button" href={buildCustomerPath(c, subjectRef)}>
            Cancel
          </a>
        </div>
      </form>
    </>,
  );
}

function Preview({ preview }: { preview: customers.ErasePreview }) {
  const { access, entitlements, entries, notes, stripeEvents, deliveries } = preview;
  return (
    <>
      <Warnings preview={preview} />
      <Card title="This permanently deletes" note="Not applied yet" pad>
        <p>
          Access: <b>{access.allowed ? "allowed" : "denied"}</b>
          {access.allowed ? (
            <>
              {" → "}
              <b class="bad">denied</b>
            </>
          ) : (
            ", unchanged."
          )}
        </p>
        <dl class="facts">
          <dt>Entitlements</dt>
          <dd class="num">{formatCount(entitlements)}</dd>
          <dt>Ledger entries</dt>
          <dd class="num">{formatCount(entries)}</dd>
          <dt>Stripe event payloads</dt>
          <dd class="num">{formatCount(stripeEvents)}</dd>
          <dt>Webhook deliveries</dt>
          <dd class="num">{formatCount(deliveries)}</dd>
          <dt>Notes</dt>
          <dd class="num">{formatCount(notes)}</dd>
        </dl>
        <p>
          This can't be undone. Webhooks already sent and data in Stripe are not affected. A new checkout
          starts a new record.
        </p>
      </Card>
    </>
  );
}

function Warnings({ preview: { openCheckouts, openSubscriptions } }: { preview: customers.ErasePreview }) {
  if (openCheckouts === 0 && openSubscriptions.length === 0) return null;
  return (
    <div class="notice bad">
      {openCheckouts === 0 ? null : (
        <p>
          <b>
            {openCheckouts === 1
              ? "One checkout is open."
              : `${formatCount(openCheckouts)} checkouts are open.`}
          </b>{" "}
          If one is paid after erasing, the customer pays and gets no access. Expire them in Stripe first.
        </p>
      )}
      {openSubscriptions.length === 0 ? null : (
        <p>
          <b>Stripe keeps charging these subscriptions. Cancel them in Stripe first:</b>{" "}
          {openSubscriptions.map((id) => (
            <Id value={id} />
          ))}
        </p>
      )}
    </div>
  );
}

/** Replaces the page of an erased customer that has no later activity. */
export function ErasedCard({ c, erasure }: { c: PortalContext; erasure: LastErasure }) {
  const { state, doneAt, askedAt, operatorName } = erasure;
  const now = c.get("now");
  if (state === "running")
    return (
      <Card>
        <Empty title="This customer is being erased">
          <p>
            {operatorName} started this on <FullTime at={askedAt} now={now} />. This takes a few minutes.
          </p>
        </Empty>
      </Card>
    );
  return (
    <Card>
      <Empty title="This customer was erased">
        <p>
          Erased on <FullTime at={doneAt ?? askedAt} now={now} /> by {operatorName}. Access is denied, and
          Stripe events from before are ignored. A new checkout starts a new record.
        </p>
      </Empty>
    </Card>
  );
}
