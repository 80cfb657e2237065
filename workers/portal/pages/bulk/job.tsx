import { stopBulkJob } from "../../../../shared/contract/operations/bulk-jobs.ts";
import { mayRun } from "../../auth/may-run.ts";
import { renderErrorPage } from "../../components/error-page.tsx";
import { ActionButton } from "../../components/fields.tsx";
import { JobProgress, JobTimes, refreshWhileRunning } from "../../components/job.tsx";
import { bulkStatusLabels, nameBulkAction } from "../../components/labels/bulk.ts";
import { formatReason } from "../../components/labels/customer.ts";
import { renderPage } from "../../components/layout.tsx";
import { Card, PageHead, Pill } from "../../components/parts.tsx";
import { type BulkJobPage, readBulkJobPage } from "../../db/bulk-jobs.ts";
import { buildPath, getDatabases, getScope, type PortalContext } from "../../request-context.ts";
import { NextSteps } from "./next-steps.tsx";
import { ResultRows, readRowsQuery, rowsPerPage } from "./rows.tsx";
import { type BulkTotals, sumUp } from "./totals.ts";
import { TotalsSentence } from "./totals-sentence.tsx";

/** Shows a job: its preview, its progress, its results. The page reloads while a worker has something to do, without scripts. */
export async function showBulkJob(c: PortalContext) {
  const query = readRowsQuery(c);
  const page = await readBulkJobPage(getDatabases(c), getScope(c), c.req.param("job") ?? "", {
    ...query,
    limit: rowsPerPage,
  });
  if (page === null)
    return renderErrorPage(
      c,
      404,
      "Job not found",
      "It belongs to another project or mode, or is older than 30 days.",
    );
  const { job, groups, products } = page;
  const isActive = job.status === "previewing" || job.status === "running";
  refreshWhileRunning(c, isActive);
  const totals = sumUp(groups);
  const title = nameBulkAction(
    job.action,
    new Map(products.map(({ productCode, name }) => [productCode, name])),
  );
  return renderPage(
    c,
    { title },
    <>
      <PageHead
        title={title}
        lead={
          <>
            <a href={buildPath(c, "/customers")}>Customers</a> /{" "}
            <a href={buildPath(c, "/bulk")}>Bulk actions</a> /{" "}
            {isActive ? "Updating automatically" : bulkStatusLabels[job.status].label}
          </>
        }
      >
        {isActive && mayRun(c, stopBulkJob) ? (
          <ActionButton
            action={buildPath(c, `/bulk/${job.jobId}/stop`)}
            label={job.status === "running" ? "Stop job" : "Stop preview"}
            tone="danger"
            small={false}
          />
        ) : undefined}
      </PageHead>
      <Summary c={c} page={page} totals={totals} title={title} />
      <ResultRows c={c} page={page} totals={totals} query={query} />
    </>,
  );
}

function Summary({
  c,
  page,
  totals,
  title,
}: {
  c: PortalContext;
  page: BulkJobPage;
  totals: BulkTotals;
  title: string;
}) {
  const { job } = page;
  const { status, reason, note, undoes, stopReason } = job;
  const { tone, label } = bulkStatusLabels[status];
  return (
    <Card
      title={status === "previewing" || status === "ready" ? "Preview" : "Result"}
      note={<Pill tone={tone}>{label}</Pill>}
      pad
    >
      <Progress status={status} totals={totals} />
      {status === "previewing" ? null : <TotalsSentence totals={totals} action={job.action.type} />}
      {stopReason === null ? null : (
        <p class="notice bad" role="alert">
          {stopReason} Another operator may continue the job.
        </p>
      )}
      <NextSteps c={c} page={page} totals={totals} title={title} />
      <dl class="facts">
        <dt>Reason</dt>
        <dd>{formatReason(`${reason}: ${note}`)}</dd>
        <JobTimes job={job} now={c.get("now")} by={job.operatorName} />
        {undoes === null ? null : (
          <>
            <dt>Undoes</dt>
            <dd>
              <a href={buildPath(c, `/bulk/${undoes}`)}>Earlier bulk action</a>
            </dd>
          </>
        )}
      </dl>
    </Card>
  );
}

function Progress({ status, totals }: { status: BulkJobPage["job"]["status"]; totals: BulkTotals }) {
  const { states } = totals;
  if (status === "previewing")
    return <JobProgress done={totals.all - states.pending} total={totals.all} word="customers previewed" />;
  if (status !== "running" && status !== "stopped") return null;
  const worked = states.done + states.changed + states.failed;
  return <JobProgress done={worked} total={worked + states.ready} word="customers processed" />;
}
