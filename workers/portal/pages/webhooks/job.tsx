import { mayActAs } from "../../../../shared/contract/roles.ts";
import { d1 } from "../../../../shared/db/deadline.ts";
import { readJob } from "../../../../shared/db/delivery-jobs.ts";
import { errorPage } from "../../components/error-page.tsx";
import { ActionButton } from "../../components/fields.tsx";
import { page } from "../../components/frame.tsx";
import { JobProgress, JobStatus, refreshSeconds } from "../../components/job.tsx";
import { Card, PageHead } from "../../components/parts.tsx";
import { FullTime } from "../../components/time.tsx";
import { jobNames } from "../../components/webhook-words.ts";
import { type PortalContext, pathTo, placeOf } from "../../request-context.ts";

/** How far the work on many is. While it runs the page loads itself anew, without scripts. */
export async function showJob(c: PortalContext) {
  const job = await d1(readJob(c.env.DB, c.req.param("job") ?? ""));
  const { projectId, mode } = placeOf(c);
  if (job === null || job.projectId !== projectId || job.mode !== mode)
    return errorPage(
      c,
      404,
      "There is no such job",
      "It is not one of this project and mode, or is older than 30 days.",
    );
  const isRunning = job.status === "running";
  if (isRunning) c.header("Refresh", String(refreshSeconds));
  const title = jobNames[job.kind];
  const now = c.get("now");
  return page(
    c,
    { title },
    <>
      <PageHead
        title={title}
        lead={
          <>
            <a href={pathTo(c, "/deliveries")}>Deliveries</a> /{" "}
            {isRunning ? `This page is loaded anew every ${refreshSeconds} seconds.` : "It is over."}
          </>
        }
      >
        {isRunning && mayActAs(c.get("member").role, "support") ? (
          <ActionButton
            action={pathTo(c, `/deliveries/jobs/${job.jobId}/stop`)}
            label="Stop"
            tone="danger"
            small={false}
          />
        ) : null}
      </PageHead>
      <Card title="Progress" note={<JobStatus status={job.status} />} pad>
        {job.phase === "ledger" ? (
          <p>
            Events that are no longer kept are made again from the customers' ledgers. Then they are sent.
          </p>
        ) : (
          <JobProgress done={job.done} total={job.total} word="taken up" />
        )}
        <dl class="facts">
          <dt>Begun</dt>
          <dd>
            <FullTime at={job.createdAt} now={now} />
          </dd>
          <dt>Last step</dt>
          <dd>
            <FullTime at={job.updatedAt} now={now} />
          </dd>
        </dl>
      </Card>
    </>,
  );
}
