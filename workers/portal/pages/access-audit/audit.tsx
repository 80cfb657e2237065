import {
  auditPhases,
  continueImport,
  importFindings,
  resumeAccessAudit,
  stopAccessAudit,
} from "../../../../shared/contract/operations/access-audits.ts";
import type { AccessAuditRow } from "../../../../shared/db/access-audits.ts";
import { mayRun } from "../../auth/may-run.ts";
import { renderErrorPage } from "../../components/error-page.tsx";
import { ActionButton } from "../../components/fields.tsx";
import { JobProgress, JobTimes, refreshWhileRunning } from "../../components/job.tsx";
import { auditPhaseLabels, auditStatusLabels } from "../../components/labels/access-audit.ts";
import { formatCount } from "../../components/labels/common.ts";
import { renderPage } from "../../components/layout.tsx";
import { Card, PageHead, Pill } from "../../components/parts.tsx";
import { formatDuration } from "../../components/time.tsx";
import { type AuditPage, readAuditPage } from "../../db/access-audits.ts";
import { buildPath, getData, getScope, type PortalContext } from "../../request-context.ts";
import { Findings, findingsPerPage, readFindingsQuery } from "./findings.tsx";

/** Shows an audit: its progress, its findings, and their import. The page reloads while a worker has something to do. */
export async function showAccessAudit(c: PortalContext) {
  const query = readFindingsQuery(c);
  const page = await readAuditPage(getData(c), getScope(c), c.req.param("audit") ?? "", {
    ...query,
    limit: findingsPerPage,
  });
  if (page === null)
    return renderErrorPage(
      c,
      404,
      "Access audit not found",
      "It belongs to another project or mode, or is older than 30 days.",
    );
  const { audit } = page;
  const isAtWork = audit.status === "running" || audit.status === "importing";
  refreshWhileRunning(c, isAtWork);
  const path = buildPath(c, `/access-audit/${audit.auditId}`);
  return renderPage(
    c,
    { title: "Access audit" },
    <>
      <PageHead
        title="Access audit"
        lead={
          <>
            <a href={buildPath(c, "/access-audit")}>Access audits</a> /{" "}
            {isAtWork ? "Updating automatically" : auditStatusLabels[audit.status].label}
          </>
        }
      >
        {isAtWork && mayRun(c, stopAccessAudit) ? (
          <ActionButton
            action={`${path}/stop`}
            label={audit.status === "importing" ? "Stop import" : "Stop audit"}
            tone="danger"
            small={false}
          />
        ) : null}
        {audit.status === "stopped" && mayRun(c, resumeAccessAudit) ? (
          <ActionButton action={`${path}/resume`} label="Continue audit" tone="primary" small={false} />
        ) : null}
      </PageHead>
      <Progress audit={audit} now={c.get("now")} />
      <Imports c={c} page={page} path={path} />
      <Findings c={c} page={page} query={query} />
    </>,
  );
}

function Progress({ audit, now }: { audit: AccessAuditRow; now: number }) {
  const { status, subscriptions, sessions, charges, subjects, unread, stripeCalls, lastError } = audit;
  const compared = subscriptions + sessions + charges + subjects;
  const { tone, label } = auditStatusLabels[status];
  return (
    <Card title="Progress" note={<Pill tone={tone}>{label}</Pill>} pad>
      {status === "running" ? <Estimate audit={audit} compared={compared} /> : null}
      {lastError === null ? null : (
        <p class="notice bad" role="alert">
          {lastError} {status === "running" || status === "importing" ? "Licenzy retries automatically." : ""}
        </p>
      )}
      <dl class="facts">
        <dt>Subscriptions in Stripe</dt>
        <dd class="num">{formatCount(subscriptions)}</dd>
        <dt>Paid checkouts in Stripe</dt>
        <dd class="num">{formatCount(sessions)}</dd>
        <dt>Reversed charges and direct payments</dt>
        <dd class="num">{formatCount(charges)}</dd>
        <dt>Customers not named by Stripe</dt>
        <dd class="num">{formatCount(subjects)}</dd>
        <dt>In agreement</dt>
        <dd class="num">{formatCount(audit.counts.agrees)}</dd>
        {unread === 0 ? null : (
          <>
            <dt>Could not be read</dt>
            <dd class="num">{formatCount(unread)}</dd>
          </>
        )}
        <dt>Reads from Stripe</dt>
        <dd class="num">{formatCount(stripeCalls)}</dd>
        <JobTimes job={audit} now={now} by={audit.operatorName ?? "the daily run"} />
      </dl>
    </Card>
  );
}

/** Of the rate so far, while the customers that are left can be estimated. */
function Estimate({ audit, compared }: { audit: AccessAuditRow; compared: number }) {
  const { phase, expected, workMs } = audit;
  const step = `Step ${auditPhases.indexOf(phase) + 1} of ${auditPhases.length}: ${auditPhaseLabels[phase]}`;
  const perSecond = workMs === 0 ? 0 : compared / (workMs / 1_000);
  const left = Math.max(0, expected - compared);
  return (
    <>
      <p>{step}</p>
      <JobProgress done={Math.min(compared, expected)} total={expected} word="objects compared (estimate)" />
      {perSecond === 0 ? null : (
        <p class="quiet num">
          {perSecond.toFixed(1)} per second
          {left === 0 ? "" : `, about ${formatDuration((left / perSecond) * 1_000)} left`}
        </p>
      )}
    </>
  );
}

function Imports({ c, page: { audit, imports }, path }: { c: PortalContext; page: AuditPage; path: string }) {
  const { ready, waiting, done, failed, unlisted, unlistedFailed } = imports;
  const total = ready + waiting + done + failed;
  if (total === 0 || audit.status === "running" || audit.status === "stopped") return null;
  const open = ready + failed - unlistedFailed;
  const hasBegun = waiting + done + failed > 0;
  return (
    <Card
      title="Import"
      note={hasBegun ? `${formatCount(done)} imported, ${formatCount(failed)} failed` : undefined}
      pad
    >
      {hasBegun ? (
        <JobProgress done={done + failed} total={total} word="purchases processed" />
      ) : (
        <p>
          {total === 1 ? "1 purchase was" : `${formatCount(total)} purchases were`} sold without Licenzy to
          customers whom the mapping names. An import adds them, and access follows Stripe.
        </p>
      )}
      {audit.status === "held" ? (
        <p class="notice warn">
          The import is on hold. Look at the imported customers, in the list below or in the{" "}
          <a href="/audit?action=customer.import">audit log</a>, then continue with {formatCount(waiting)}{" "}
          more.
        </p>
      ) : null}
      {unlisted > 0 ? (
        <p class="quiet">
          {formatCount(unlisted)} of them are not listed. The import reads Stripe again to find them.
        </p>
      ) : null}
      {unlistedFailed > 0 ? (
        <p class="notice warn">
          {formatCount(unlistedFailed)} unlisted {unlistedFailed === 1 ? "purchase" : "purchases"} could not
          be imported. Run the audit again to list them.
        </p>
      ) : null}
      {audit.status === "finished" && open > 0 && mayRun(c, importFindings) ? (
        <ActionButton
          action={`${path}/import`}
          label={`Import ${formatCount(open)} ${open === 1 ? "purchase" : "purchases"}`}
          tone="primary"
          small={false}
          confirms
        />
      ) : null}
      {audit.status === "held" && mayRun(c, continueImport) ? (
        <ActionButton
          action={`${path}/continue`}
          label="Continue import"
          tone="primary"
          small={false}
          confirms
        />
      ) : null}
    </Card>
  );
}
