import { mayActAs } from "../../../../shared/contract/roles.ts";
import { d1 } from "../../../../shared/db/deadline.ts";
import { readJob } from "../../../../shared/db/delivery-jobs.ts";
import { errorPage } from "../../components/error-page.tsx";
import { page } from "../../components/frame.tsx";
import { JobHead, JobProgress, JobStatus, JobTimes, refreshWhileRunning } from "../../components/job.tsx";
import { Card } from "../../components/parts.tsx";
import { jobNames } from "../../components/webhook-words.ts";
import { type PortalContext, pathTo, scopeOf } from "../../request-context.ts";

/** Shows the progress of a job. The page reloads while the job runs, without scripts. */
export async function showJob(c: PortalContext) {
  const job = await d1(readJob(c.env.DB, c.req.param("job") ?? ""));
  const { projectId, mode } = scopeOf(c);
  if (job === null || job.projectId !== projectId || job.mode !== mode)
    return errorPage(
      c,
      404,
      "There is no such job",
      "It is not one of this project and mode, or is older than 30 days.",
    );
  const isRunning = job.status === "running";
  refreshWhileRunning(c, isRunning);
  const title = jobNames[job.kind];
  const canStop = isRunning && mayActAs(c.get("member").role, "support");
  return page(
    c,
    { title },
    <>
      <JobHead
        title={title}
        list={{ label: "Deliveries", href: pathTo(c, "/deliveries") }}
        isRunning={isRunning}
        stop={canStop ? pathTo(c, `/deliveries/jobs/${job.jobId}/stop`) : null}
      />
      <Card title="Progress" note={<JobStatus status={job.status} />} pad>
        {job.phase === "ledger" ? (
          <p>
            Events that are no longer kept are made again from the customers' ledgers. Then they are sent.
          </p>
        ) : (
          <JobProgress done={job.done} total={job.total} word="taken up" />
        )}
        <dl class="facts">
          <JobTimes job={job} now={c.get("now")} />
        </dl>
      </Card>
    </>,
  );
}
