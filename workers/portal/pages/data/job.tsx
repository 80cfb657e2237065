import { d1 } from "../../../../shared/db/deadline.ts";
import {
  type Finding,
  findingsOf,
  readSubjectJob,
  type SubjectJobRow,
} from "../../../../shared/db/subject-jobs.ts";
import { CustomerLink } from "../../components/customer-link.tsx";
import {
  faultMeanings,
  faultsWord,
  findingWords,
  subjectJobNames,
} from "../../components/data-check-words.ts";
import { errorPage } from "../../components/error-page.tsx";
import { ActionButton } from "../../components/fields.tsx";
import { page } from "../../components/frame.tsx";
import { JobProgress, JobStatus, refreshSeconds } from "../../components/job.tsx";
import { Card, Empty, PageHead, Pill } from "../../components/parts.tsx";
import { FullTime } from "../../components/time.tsx";
import { count } from "../../components/words.ts";
import { type PortalContext, pathTo, placeOf } from "../../request-context.ts";

/** How far a run is and what it found. While it runs the page loads itself anew, without scripts. */
export async function showDataJob(c: PortalContext) {
  const job = await d1(readSubjectJob(c.env.DB, c.req.param("job") ?? ""));
  const { projectId, mode } = placeOf(c);
  if (job === null || job.projectId !== projectId || job.mode !== mode)
    return errorPage(
      c,
      404,
      "There is no such run",
      "It is not one of this project and mode, or is older than 30 days.",
    );
  const isRunning = job.status === "running";
  if (isRunning) c.header("Refresh", String(refreshSeconds));
  const title = subjectJobNames[job.kind];
  return page(
    c,
    { title },
    <>
      <PageHead
        title={title}
        lead={
          <>
            <a href={pathTo(c, "/data")}>Data check</a> /{" "}
            {isRunning ? `This page is loaded anew every ${refreshSeconds} seconds.` : "It is over."}
          </>
        }
      >
        {isRunning ? (
          <ActionButton
            action={pathTo(c, `/data/${job.jobId}/stop`)}
            label="Stop"
            tone="danger"
            small={false}
          />
        ) : undefined}
      </PageHead>
      <Progress job={job} now={c.get("now")} />
      <Findings c={c} job={job} />
    </>,
  );
}

function Progress({ job, now }: { job: SubjectJobRow; now: number }) {
  const { status, done, total, entries, unflushed, actorName, createdAt, updatedAt } = job;
  return (
    <Card title="Progress" note={<JobStatus status={status} />} pad>
      <JobProgress done={done} total={total} word="customers visited" />
      <dl class="facts">
        <dt>Ledger entries</dt>
        <dd class="num">{count(entries)}</dd>
        {unflushed === 0 ? null : (
          <>
            <dt>On their way</dt>
            <dd>
              {count(unflushed)} <span class="quiet">· entries that the copy gets by itself; no fault</span>
            </dd>
          </>
        )}
        <dt>Begun</dt>
        <dd>
          <FullTime at={createdAt} now={now} /> <span class="quiet">by {actorName}</span>
        </dd>
        <dt>Last step</dt>
        <dd>
          <FullTime at={updatedAt} now={now} />
        </dd>
      </dl>
    </Card>
  );
}

function Findings({ c, job }: { c: PortalContext; job: SubjectJobRow }) {
  const { faulty, unreached, status, done } = job;
  const findings = findingsOf(job);
  const found = faulty + unreached;
  if (found === 0)
    return (
      <Card title="Found">
        <Empty title={done === 0 ? "Nothing was compared yet" : "No fault"}>
          <p>
            {done === 0
              ? "What differs appears here."
              : `${status === "finished" ? "Every" : "So far every"} ledger, and its copy, is as it should be.`}
          </p>
        </Empty>
      </Card>
    );
  const isShort = findings.length < found;
  const note = `${count(faulty)} with faults, ${count(unreached)} not checked${isShort ? `; ${count(findings.length)} are named` : ""}`;
  return (
    <>
      <Card title="Found" note={note}>
        <ul class="rows">
          {findings.map((finding) => (
            <FindingRow c={c} finding={finding} />
          ))}
        </ul>
      </Card>
      <Meanings findings={findings} />
    </>
  );
}

function FindingRow({ c, finding }: { c: PortalContext; finding: Finding }) {
  const { subjectRef, where, message, faults } = finding;
  const { label, tone } = findingWords[where];
  return (
    <li>
      <span class="row">
        <CustomerLink c={c} subjectRef={subjectRef} /> <Pill tone={tone}>{label}</Pill>
      </span>
      <span class="wrap">
        {message}
        {faults > 1 ? <span class="quiet"> · the first of {faultsWord(faults)}</span> : null}
      </span>
    </li>
  );
}

/** Of what was found only. */
function Meanings({ findings }: { findings: Finding[] }) {
  const places = (["ledger", "state", "d1"] as const).filter((place) =>
    findings.some(({ where }) => where === place),
  );
  const isAnyUnreached = findings.some(({ where }) => where === "unreached");
  return (
    <Card title="What it means" pad>
      <dl class="facts">
        {places.map((place) => (
          <>
            <dt>{findingWords[place].label}</dt>
            <dd>{faultMeanings[place]}</dd>
          </>
        ))}
        {isAnyUnreached ? (
          <>
            <dt>{findingWords.unreached.label}</dt>
            <dd>
              The ledger did not answer, or has more entries than a run waits for. On the customer's page the
              check waits longer.
            </dd>
          </>
        ) : null}
      </dl>
    </Card>
  );
}
