import { applyAction } from "../../../../shared/contract/operations/customers.ts";
import { verifyCustomer } from "../../../../shared/contract/operations/data-check.ts";
import { mayRun } from "../../auth/may-run.ts";
import { formatCount } from "../../components/labels/common.ts";
import { checkLabel } from "../../components/labels/data-check.ts";
import { renderPage as framed } from "../../components/layout.tsx";
import { LookAlikeMark } from "../../components/look-alike.tsx";
import { Card, Empty, Id, PageHead } from "../../components/parts.tsx";
import { renderRefusalPage } from "../../components/refusal-page.ts";
import { Time } from "../../components/time.tsx";
import { buildCustomerPath, buildPath, buildProjectPath, type PortalContext } from "../../request-context.ts";
import { Records } from "./data/data-actions.tsx";
import { ErasedCard } from "./data/erase.tsx";
import { Diagnosis } from "./diagnosis/diagnosis.tsx";
import { type CustomerPage, loadCustomer } from "./load.ts";
import { Attempts } from "./sections/attempts.tsx";
import { AsOfCard, DecisionPanel } from "./sections/decision.tsx";
import { Deliveries } from "./sections/deliveries.tsx";
import { Entitlements } from "./sections/entitlements.tsx";
import { Notes } from "./sections/notes.tsx";
import { Timeline } from "./sections/timeline.tsx";
import { Usage } from "./sections/usage.tsx";
import { buildStripeUrl } from "./stripe-link.ts";

export async function showCustomer(c: PortalContext) {
  const page = await loadCustomer(c);
  if (page.outcome === "refused") return renderRefusalPage(c, page);
  const { customer, lists, cursor } = page;
  const canAct = mayRun(c, applyAction);
  const isKnown =
    customer.exists || lists.subject !== null || lists.attempts.length > 0 || lists.notes.length > 0;
  const title = customer.subjectRef;
  const { erasure } = lists;
  if (erasure !== null && (erasure.state === "running" || !isKnown))
    return framed(
      c,
      { title, status: erasure.state === "running" ? 200 : 404 },
      <>
        <Head c={c} page={page} canAct={false} />
        <ErasedCard c={c} erasure={erasure} />
      </>,
    );
  if (!isKnown)
    return framed(
      c,
      { title, status: 404 },
      <>
        <Head c={c} page={page} canAct={false} />
        <Unknown c={c} page={page} canAct={canAct} />
      </>,
    );
  // Older timeline pages show only the timeline. All other sections show the present.
  if (cursor !== null)
    return framed(
      c,
      { title },
      <>
        <Head c={c} page={page} canAct={false} />
        <Timeline c={c} page={page} canAct={canAct} />
      </>,
    );
  return framed(
    c,
    { title },
    <>
      <Head c={c} page={page} canAct={canAct} />
      <Lag c={c} page={page} />
      <DecisionPanel c={c} page={page} />
      <Diagnosis c={c} page={page} canAct={canAct} />
      <div class="cols">
        <div class="stack">
          <Entitlements c={c} customer={customer} stripeAccountId={lists.stripeAccountId} canAct={canAct} />
          <Timeline c={c} page={page} canAct={canAct} />
          <Usage c={c} customer={customer} />
          <Deliveries c={c} subjectRef={customer.subjectRef} lists={lists} />
        </div>
        <div class="stack">
          <AsOfCard c={c} page={page} />
          <Notes c={c} subjectRef={title} lists={lists} />
          <Attempts c={c} lists={lists} />
          <About c={c} page={page} />
        </div>
      </div>
    </>,
  );
}

function Head({ c, page: { customer }, canAct }: { c: PortalContext; page: CustomerPage; canAct: boolean }) {
  const { subjectRef } = customer;
  return (
    <PageHead
      title={subjectRef}
      mono
      lead={
        <>
          <a href={buildPath(c, "/customers")}>Customers</a> / live from the ledger, entry{" "}
          {formatCount(customer.headSequence)}
          <LookAlikeMark subjectRef={subjectRef} />
        </>
      }
    >
      {canAct ? (
        <>
          <a class="button" href={buildCustomerPath(c, subjectRef, "/grant")}>
            Grant…
          </a>
          <a class="button" href={buildCustomerPath(c, subjectRef, "/sync")}>
            Sync from Stripe…
          </a>
        </>
      ) : undefined}
    </PageHead>
  );
}

/** The D1 copy normally follows within seconds. Only a longer lag is reported. */
const usualLagMs = 45_000;

/** Reports a D1 copy that is behind. Ledger data is current; data from D1 may be old. */
function Lag({ c, page: { customer } }: { c: PortalContext; page: CustomerPage }) {
  const behind = customer.headSequence - customer.flushedSequence;
  const oldest = customer.entries.findLast(({ sequence }) => sequence > customer.flushedSequence);
  if (oldest === undefined || c.get("now") - oldest.at < usualLagMs) return null;
  return (
    <div class="notice">
      <p>
        <b>The copy for lists is {behind === 1 ? "one entry" : `${formatCount(behind)} entries`} behind.</b>{" "}
        Decision, entitlements and ledger are up to date; webhooks and the customers list follow by
        themselves.{" "}
        {mayRun(c, verifyCustomer) ? (
          <a href={buildCustomerPath(c, customer.subjectRef, "/check")}>{checkLabel}</a>
        ) : null}
      </p>
    </div>
  );
}

function Unknown({ c, page, canAct }: { c: PortalContext; page: CustomerPage; canAct: boolean }) {
  const { subjectRef } = page.customer;
  const { otherMode } = page.lists;
  const mode = c.get("mode");
  const other = mode === "test" ? "live" : "test";
  const { projectId } = c.get("project");
  return (
    <Card>
      <Empty title={`Nothing has ever happened to this customer in ${mode} mode`}>
        <p>
          There is no checkout, no Stripe event and no grant under this <code>subject_ref</code>, so access is
          denied.{" "}
          {otherMode === null
            ? "Look whether it is spelled as your backend sends it."
            : `In ${otherMode} mode the customer is known: look whether your backend asks with the right key.`}
        </p>
        <div class="row">
          <a class="button" href={`${buildPath(c, "/customers")}?q=${encodeURIComponent(subjectRef)}`}>
            Search
          </a>
          <a
            class="button"
            href={buildProjectPath(projectId, other, `/customers/${encodeURIComponent(subjectRef)}`)}
          >
            Look in {other} mode
          </a>
          {canAct ? (
            <a class="button" href={buildCustomerPath(c, subjectRef, "/grant")}>
              Grant…
            </a>
          ) : null}
        </div>
      </Empty>
    </Card>
  );
}

function About({ c, page: { customer, lists } }: { c: PortalContext; page: CustomerPage }) {
  const { subject, stripeAccountId } = lists;
  const stripeCustomerId =
    subject?.stripeCustomerId ??
    customer.entitlements.find(({ stripe }) => stripe?.customerId)?.stripe?.customerId;
  return (
    <Card title="Customer" pad>
      <dl class="facts">
        <dt>Stripe</dt>
        <dd>
          {stripeCustomerId === undefined || stripeCustomerId === null ? (
            <span class="quiet">not known</span>
          ) : (
            <Id
              value={stripeCustomerId}
              href={buildStripeUrl(stripeCustomerId, c.get("mode"), stripeAccountId)}
            />
          )}
        </dd>
        <dt>First seen</dt>
        <dd>
          {subject === null ? (
            <span class="quiet">–</span>
          ) : (
            <Time at={subject.createdAt} now={c.get("now")} />
          )}
        </dd>
        <dt>Units left</dt>
        <dd class="num">{formatCount(customer.usageRemaining)}</dd>
      </dl>
      <Records c={c} subjectRef={customer.subjectRef} />
    </Card>
  );
}
