import { applyAction } from "../../../../shared/contract/operations/customers.ts";
import { verifyCustomer } from "../../../../shared/contract/operations/data-check.ts";
import type { StripeProfile } from "../../../../shared/contract/operations/stripe-profile.ts";
import { mayRun } from "../../auth/may-run.ts";
import { formatCount } from "../../components/labels/common.ts";
import { checkLabel } from "../../components/labels/data-check.ts";
import { renderPage as framed } from "../../components/layout.tsx";
import { Card, Empty } from "../../components/parts.tsx";
import { renderRefusalPage } from "../../components/refusal-page.ts";
import { ExactTime } from "../../components/time.tsx";
import { buildCustomerPath, buildPath, buildProjectPath, type PortalContext } from "../../request-context.ts";
import { Records } from "./data/data-actions.tsx";
import { ErasedCard } from "./data/erase.tsx";
import { CustomerHead } from "./head.tsx";
import { type CustomerPage, loadCustomer, maxRowsPerList } from "./load.ts";
import { toRead } from "./profile.tsx";
import { ApiResponse } from "./sections/api-response.tsx";
import { Billing } from "./sections/billing.tsx";
import { AsOfCard, DecisionPanel } from "./sections/decision.tsx";
import { Deliveries } from "./sections/deliveries.tsx";
import { Entitlements } from "./sections/entitlements.tsx";
import { LastFinding } from "./sections/last-finding.tsx";
import { Notes, NotesCard } from "./sections/notes.tsx";
import { Payments } from "./sections/payments.tsx";
import { Reservations } from "./sections/reservations.tsx";
import { ActionResult, findResult } from "./sections/result.tsx";
import { type CustomerTab, readTab, TabPanel } from "./sections/tabs.tsx";
import { Timeline } from "./sections/timeline.tsx";
import { Usage } from "./sections/usage.tsx";

export async function showCustomer(c: PortalContext) {
  const page = await loadCustomer(c);
  if (page.outcome === "refused") return renderRefusalPage(c, page);
  const { customer, lists } = page;
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
        <CustomerHead c={c} page={page} canAct={false} />
        <ErasedCard c={c} erasure={erasure} />
      </>,
    );
  if (!isKnown)
    return framed(
      c,
      { title, status: 404 },
      <>
        <CustomerHead c={c} page={page} canAct={false} />
        <Unknown c={c} page={page} canAct={canAct} />
      </>,
    );
  const result = findResult(c, page);
  const tab = readTab(c);
  return framed(
    c,
    { title },
    <>
      <CustomerHead c={c} page={page} canAct={canAct} />
      {result === undefined ? null : <ActionResult c={c} page={page} entry={result} canAct={canAct} />}
      <Lag c={c} page={page} />
      <LastFinding c={c} finding={lists.finding} />
      <DecisionPanel c={c} page={page} canAct={canAct} />
      <div class="cols">
        <div class="stack">
          <Entitlements c={c} customer={customer} lists={lists} marked={result} canAct={canAct} />
          <Reservations c={c} subjectRef={title} reservations={listShown(page)} canAct={canAct} />
          <TabPanel c={c} subjectRef={customer.subjectRef} chosen={tab} counts={countTabs(page)}>
            <TabBody c={c} page={page} tab={tab} canAct={canAct} />
          </TabPanel>
        </div>
        <div class="stack">
          <Billing c={c} page={page} />
          <AsOfCard c={c} page={page} />
          {tab === "notes" ? null : <NotesCard c={c} subjectRef={title} lists={lists} />}
          <About c={c} page={page} />
        </div>
      </div>
    </>,
  );
}

/** What is held now, or was held at the moment that the page shows. */
const listShown = ({ past, customer }: CustomerPage) =>
  past !== null && typeof past !== "string" ? past.reservations : customer.reservations;

const formatLength = (length: number) => (length === maxRowsPerList ? `${length}+` : String(length));

const countTabs = ({ lists: { deliveries, notes }, profile }: CustomerPage) => ({
  payments: countPayments(toRead(profile)),
  webhooks: formatLength(deliveries.length),
  notes: formatLength(notes.length),
});

const countPayments = (profile: StripeProfile | null) =>
  profile === null ? undefined : `${profile.payments.length}${profile.hasMorePayments ? "+" : ""}`;

function TabBody({
  c,
  page,
  tab,
  canAct,
}: {
  c: PortalContext;
  page: CustomerPage;
  tab: CustomerTab;
  canAct: boolean;
}) {
  const { customer, lists } = page;
  switch (tab) {
    case "activity":
      return <Timeline c={c} page={page} canAct={canAct} />;
    case "usage":
      return <Usage c={c} customer={customer} names={lists.productNames} />;
    case "payments":
      return <Payments c={c} page={page} />;
    case "webhooks":
      return <Deliveries c={c} subjectRef={customer.subjectRef} lists={lists} />;
    case "api":
      return <ApiResponse customer={customer} />;
    case "notes":
      return <Notes c={c} subjectRef={customer.subjectRef} lists={lists} />;
  }
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
        <b>
          Lists and search are catching up ({behind === 1 ? "1 change" : `${formatCount(behind)} changes`}).
        </b>{" "}
        This page's access and entitlements are current.{" "}
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
      <Empty title={`No customer in ${mode} mode`}>
        <p>
          No checkout, Stripe event or grant has this <code>subject_ref</code>, so access is denied.{" "}
          {otherMode === null
            ? "Check the spelling: subject_refs are case-sensitive."
            : `The customer exists in ${otherMode} mode. Check that your backend uses the right API key.`}
        </p>
        <div class="row">
          <a class="button" href={`${buildPath(c, "/customers")}?q=${encodeURIComponent(subjectRef)}`}>
            Search customers
          </a>
          <a
            class="button"
            href={buildProjectPath(projectId, other, `/customers/${encodeURIComponent(subjectRef)}`)}
          >
            View in {other} mode
          </a>
          {canAct ? (
            <a class="button" href={buildCustomerPath(c, subjectRef, "/grant")}>
              Grant access
            </a>
          ) : null}
        </div>
      </Empty>
    </Card>
  );
}

function About({ c, page: { customer, lists } }: { c: PortalContext; page: CustomerPage }) {
  return (
    <Card title="Data" pad>
      <p class="quiet">
        {customer.headSequence === 0 ? "No changes yet" : `Ledger #${formatCount(customer.headSequence)}`}
        {lists.subject === null ? null : (
          <>
            , first seen <ExactTime at={lists.subject.createdAt} />
          </>
        )}
        .
      </p>
      <Records c={c} subjectRef={customer.subjectRef} />
    </Card>
  );
}
