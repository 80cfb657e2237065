import {
  previewBulkJobAgain,
  startBulkJob,
  undoableActions,
  undoBulkJob,
} from "../../../../shared/contract/operations/bulk-jobs.ts";
import { newId } from "../../../../shared/kit/ids.ts";
import { mayRun } from "../../auth/may-run.ts";
import { ActionButton, SubmitButton } from "../../components/fields.tsx";
import { formatCustomers } from "../../components/labels/bulk.ts";
import type { BulkJobPage } from "../../db/bulk-jobs.ts";
import { buildPath, type PortalContext } from "../../request-context.ts";
import type { BulkTotals } from "./totals.ts";

/** What an operator can do with a job that no worker runs. */
export function NextSteps({
  c,
  page: { job, undoneBy },
  totals: { states },
  title,
}: {
  c: PortalContext;
  page: BulkJobPage;
  totals: BulkTotals;
  /** The job's title, which the button to start it repeats. */
  title: string;
}) {
  const { jobId, status, action } = job;
  if (status === "previewing" || status === "running") return null;
  const path = buildPath(c, `/bulk/${jobId}`);
  const isStartable = status !== "finished" && states.ready > 0 && states.pending === 0;
  const again = states.changed + states.failed + states.pending;
  const isUndoable = undoableActions.includes(action.type) && states.done > 0;
  return (
    <>
      {status === "ready" && states.ready === 0 && states.done === 0 ? (
        <p>The action applies to none of these customers. The list below says why.</p>
      ) : null}
      <div class="row">
        {isStartable && mayRun(c, startBulkJob) ? (
          <form class="inline" method="post" action={`${path}/start`}>
            <input type="hidden" name="round" value={String(job.round)} />
            <SubmitButton tone={action.type === "revoke" ? "danger" : "primary"}>
              {status === "stopped" ? "Continue: " : null}
              {title} for {formatCustomers(states.ready)}
            </SubmitButton>
          </form>
        ) : null}
        {again > 0 && mayRun(c, previewBulkJobAgain) ? (
          <ActionButton
            action={`${path}/preview`}
            label={`Preview ${formatCustomers(again)} again`}
            small={false}
          />
        ) : null}
        {isUndoable && mayRun(c, undoBulkJob) ? (
          <ActionButton
            action={`${path}/undo`}
            label={`Undo for ${formatCustomers(states.done)}`}
            // The id is chosen with the form, so that a form sent twice creates one job.
            fields={{ job_id: newId("job", c.get("now")) }}
            small={false}
          />
        ) : null}
        {undoneBy === null ? null : <a href={buildPath(c, `/bulk/${undoneBy.jobId}`)}>View undo</a>}
      </div>
    </>
  );
}
