import { readCustomer } from "../../../../../shared/contract/operations/customers.ts";
import {
  createRecoveryLink,
  defaultLinkDays,
  type LinkDays,
  linkDays,
} from "../../../../../shared/contract/operations/recovery-links.ts";
import { recoveryButton, recoveryPages } from "../../../../../shared/contract/recovery-pages.ts";
import { parseWholeNumber } from "../../../../../shared/contract/whole-number.ts";
import { listRecoverySteps } from "../../../../../shared/domain/recovery.ts";
import { newId } from "../../../../../shared/kit/ids.ts";
import { renderErrorPage } from "../../../components/error-page.tsx";
import { emptyForm, Select, SubmitButton } from "../../../components/fields.tsx";
import { denialLabels } from "../../../components/labels/customer.ts";
import { renderPage } from "../../../components/layout.tsx";
import { Card, CopyButton } from "../../../components/parts.tsx";
import { renderRefusalPage } from "../../../components/refusal-page.ts";
import { FullTime } from "../../../components/time.tsx";
import { readRecoveryFacts } from "../../../db/recovery-facts.ts";
import { callOperation } from "../../../http/call-operation.ts";
import { readField, readForm } from "../../../http/form.ts";
import {
  buildCustomerPath,
  buildPath,
  getOrigin,
  getScope,
  type PortalContext,
} from "../../../request-context.ts";
import { ActionHead } from "../actions/parts.tsx";
import { describeLink, type LinkPreview, titleOf } from "./describe.ts";

const title = "Send recovery link";

/** Shows what the customer will see, and the form that creates the link. */
export async function showLinkForm(c: PortalContext) {
  const subjectRef = c.req.param("subject") ?? "";
  const page = { before: null, limit: 1, withProfile: false };
  const [reply, facts] = await Promise.all([
    callOperation(c, readCustomer, { subjectRef, ...page }),
    readRecoveryFacts(c.env.DB, getScope(c)),
  ]);
  if (reply.outcome === "refused") return renderRefusalPage(c, reply);
  const { decision, entitlements } = reply.customer;
  if (decision.allowed || decision.reason === null)
    return renderErrorPage(c, 409, "Access is allowed", "This customer needs no recovery link.");
  const decider = entitlements.find(({ entitlementId }) => entitlementId === decision.entitlementId);
  const steps = listRecoverySteps(decision.reason, decider?.kind ?? null);
  const preview = describeLink(steps, decider?.productCode ?? null, facts);
  return renderPage(
    c,
    { title },
    <>
      <ActionHead c={c} subjectRef={subjectRef} title={title} />
      <Problem c={c} preview={preview} />
      <Card title="What the customer sees" note={`Denied now: ${denialLabels[decision.reason]}`} pad>
        <dl class="facts">
          <dt>Link</dt>
          <dd>
            <b>{recoveryPages.ready.title}</b>
            <p>{recoveryPages.ready.text}</p>
            <p class="quiet">The button is “{recoveryButton}”. The page shows nothing about the customer.</p>
          </dd>
          <dt>Next page</dt>
          <dd>
            <Next preview={preview} />
          </dd>
        </dl>
        <p class="quiet">
          The link follows the customer's access: each time it is opened, it leads to what helps then. It
          gives no access. Access starts when Stripe reports the payment.
        </p>
      </Card>
      <LinkForm c={c} subjectRef={subjectRef} />
    </>,
  );
}

function Problem({ c, preview: { problem } }: { c: PortalContext; preview: LinkPreview }) {
  if (problem === null) return null;
  return (
    <div class="notice warn">
      <p>
        {problem.text} <a href={buildPath(c, problem.path)}>{problem.label}</a>
      </p>
    </div>
  );
}

function Next({ preview: { next } }: { preview: LinkPreview }) {
  if (next.at === "stripe")
    return (
      <>
        <b>Stripe's page</b>
        <p>{next.text}</p>
      </>
    );
  return (
    <>
      <b>{titleOf(next.page)}</b>
      <p>{recoveryPages[next.page].text}</p>
    </>
  );
}

function LinkForm({ c, subjectRef }: { c: PortalContext; subjectRef: string }) {
  const options = linkDays.map((days) => ({
    value: String(days),
    label: days === 1 ? "1 day" : `${days} days`,
  }));
  return (
    <Card title="New link" pad>
      <form method="post" action={buildCustomerPath(c, subjectRef, "/recovery-link")} class="form">
        {/* The id is chosen with the form, so that a form sent twice is one link. */}
        <input type="hidden" name="link_id" value={newId("lnk", c.get("now"))} />
        <Select
          form={emptyForm}
          name="days"
          label="Works for"
          options={options}
          fallback={String(defaultLinkDays)}
          hint="Anyone with the link can open the customer's payment pages at Stripe. Send it to the customer only."
        />
        <div class="row">
          <SubmitButton>Create link</SubmitButton>
          <a class="button" href={buildCustomerPath(c, subjectRef)}>
            Cancel
          </a>
        </div>
      </form>
    </Card>
  );
}

/** Creates the link. Only this response contains it. */
export async function createLink(c: PortalContext) {
  const subjectRef = c.req.param("subject") ?? "";
  const form = await readForm(c);
  const days = parseWholeNumber(readField(form, "days")) as LinkDays;
  const linkId = readField(form, "link_id");
  const reply = await callOperation(c, createRecoveryLink, { subjectRef, linkId, days });
  if (reply.outcome === "refused") return renderRefusalPage(c, reply);
  const url = getOrigin(c) + reply.path;
  return renderPage(
    c,
    { title: "Recovery link" },
    <>
      <ActionHead c={c} subjectRef={subjectRef} title="Recovery link" />
      <section class="notice good" aria-label="Recovery link">
        <p>
          <b>Copy this link now and send it to the customer.</b> It is shown only this once, and expires{" "}
          <FullTime at={reply.expiresAt} now={c.get("now")} />.
        </p>
        <p class="secret">
          <code id="recovery-link">{url}</code>
          <CopyButton value={url} />
        </p>
      </section>
      <div class="row">
        <a class="button primary" href={buildCustomerPath(c, subjectRef)}>
          View customer
        </a>
      </div>
    </>,
  );
}
