import { stopDeliveryJob } from "../../../../shared/contract/operations/deliveries.ts";
import { readDeliveryJob } from "../../../../shared/db/delivery-jobs.ts";
import { mayRun } from "../../auth/may-run.ts";
import { renderErrorPage } from "../../components/error-page.tsx";
import { JobHead, JobProgress, JobStatus, JobTimes, refreshWhileRunning } from "../../components/job.tsx";
import { deliveryJobLabels } from "../../components/labels/webhook.ts";
import { renderPage } from "../../components/layout.tsx";
import { Card } from "../../components/parts.tsx";
import { buildPath, getData, getScope, type PortalContext } from "../../request-context.ts";

/** Shows the progress of a job. The page reloads while the job runs, without scripts. */
export async function showJob(c: PortalContext) {
  const job = await readDeliveryJob(getData(c), c.req.param("job") ?? "");
  const { projectId, mode } = getScope(c);
  if (job === null || job.projectId !== projectId || job.mode !== mode)
    return renderErrorPage(
      c,
      404,
      "Job not found",
      "It belongs to another project or mode, or is older than 30 days.",
    );
  const isRunning = job.status === "running";
  refreshWhileRunning(c, isRunning);
  const title = deliveryJobLabels[job.kind];
  const canStop = isRunning && mayRun(c, stopDeliveryJob);
  return renderPage(
    c,
    { title },
    <>
      <JobHead
        title={title}
        list={{ label: "Deliveries", href: buildPath(c, "/deliveries") }}
        isRunning={isRunning}
        stop={canStop ? buildPath(c, `/deliveries/jobs/${job.jobId}/stop`) : null}
      />
      <Card title="Progress" note={<JobStatus status={job.status} />} pad>
        {job.phase === "ledger" ? (
          <p>Licenzy rebuilds older events from the customers' ledgers, then sends them.</p>
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
