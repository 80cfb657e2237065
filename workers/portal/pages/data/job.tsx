import {
  parseFindings,
  readSubjectJob,
  type SubjectFinding,
  type SubjectJobRow,
} from "../../../../shared/db/subject-jobs.ts";
import { CustomerLink } from "../../components/customer-link.tsx";
import { renderErrorPage } from "../../components/error-page.tsx";
import { FindingExplanations } from "../../components/finding-explanations.tsx";
import { JobHead, JobProgress, JobStatus, JobTimes, refreshWhileRunning } from "../../components/job.tsx";
import { formatCount } from "../../components/labels/common.ts";
import { findingLabels, formatFindingCount, subjectJobLabels } from "../../components/labels/data-check.ts";
import { renderPage } from "../../components/layout.tsx";
import { Card, Empty, Pill } from "../../components/parts.tsx";
import { buildPath, getData, getScope, type PortalContext } from "../../request-context.ts";

/** Shows the progress of a job and its findings. The page reloads while the job runs, without scripts. */
export async function showDataJob(c: PortalContext) {
  const job = await readSubjectJob(getData(c), c.req.param("job") ?? "");
  const { projectId, mode } = getScope(c);
  if (job === null || job.projectId !== projectId || job.mode !== mode)
    return renderErrorPage(
      c,
      404,
      "Run not found",
      "It belongs to another project or mode, or is older than 30 days.",
    );
  const isRunning = job.status === "running";
  refreshWhileRunning(c, isRunning);
  const title = subjectJobLabels[job.kind];
  return renderPage(
    c,
    { title },
    <>
      <JobHead
        title={title}
        list={{ label: "Data check", href: buildPath(c, "/data") }}
        isRunning={isRunning}
        stop={isRunning ? buildPath(c, `/data/${job.jobId}/stop`) : null}
      />
      <Progress job={job} now={c.get("now")} />
      <Findings c={c} job={job} />
    </>,
  );
}

function Progress({ job, now }: { job: SubjectJobRow; now: number }) {
  const { status, done, total, entries, unflushed, actorName } = job;
  return (
    <Card title="Progress" note={<JobStatus status={status} />} pad>
      <JobProgress done={done} total={total} word="customers checked" />
      <dl class="facts">
        <dt>Ledger entries</dt>
        <dd class="num">{formatCount(entries)}</dd>
        {unflushed === 0 ? null : (
          <>
            <dt>Catching up</dt>
            <dd>
              {formatCount(unflushed)}{" "}
              <span class="quiet">· changes that search data gets automatically</span>
            </dd>
          </>
        )}
        <JobTimes job={job} now={now} by={actorName} />
      </dl>
    </Card>
  );
}

function Findings({ c, job }: { c: PortalContext; job: SubjectJobRow }) {
  const { faulty, unreached, status, done } = job;
  const findings = parseFindings(job);
  const found = faulty + unreached;
  if (found === 0)
    return (
      <Card title="Found">
        <Empty title={done === 0 ? "Nothing compared yet" : "No differences"}>
          <p>
            {done === 0
              ? "Differences appear here."
              : status === "finished"
                ? "Every ledger matches its search data."
                : "No differences so far."}
          </p>
        </Empty>
      </Card>
    );
  const isTruncated = findings.length < found;
  const note = `${formatCount(faulty)} with faults, ${formatCount(unreached)} not checked${isTruncated ? `; ${formatCount(findings.length)} are named` : ""}`;
  return (
    <>
      <Card title="Found" note={note}>
        <ul class="rows">
          {findings.map((finding) => (
            <FindingRow c={c} finding={finding} />
          ))}
        </ul>
      </Card>
      <FindingExplanations found={findings} />
    </>
  );
}

function FindingRow({ c, finding }: { c: PortalContext; finding: SubjectFinding }) {
  const { subjectRef, where, message, faults } = finding;
  const { label, tone } = findingLabels[where];
  return (
    <li>
      <span class="row">
        <CustomerLink c={c} subjectRef={subjectRef} /> <Pill tone={tone}>{label}</Pill>
      </span>
      <span class="wrap">
        {message}
        {faults > 1 ? <span class="quiet"> · the first of {formatFindingCount(faults)}</span> : null}
      </span>
    </li>
  );
}
