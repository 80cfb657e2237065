import { startSubjectJob, stopSubjectJob } from "../../../shared/contract/operations/data-check.ts";
import { jobAlreadyStarted, stopReply } from "../../../shared/contract/operations/jobs.ts";
import { refusal } from "../../../shared/contract/operations/reply.ts";
import { dataOf } from "../../../shared/db/databases.ts";
import { readSubjectJob } from "../../../shared/db/subject-jobs.ts";
import { countSubjects, insertSubjectJob, stopSubjectJobRow } from "../db/subject-jobs.ts";
import { beginSubjectJob } from "../jobs/run-subject-job.ts";
import { implement } from "./implement.ts";

export const start = implement(startSubjectJob, async ({ env, scope, audit, waitUntil }, { jobId, kind }) => {
  const total = await countSubjects(dataOf(env, scope), scope);
  if (total === 0) return refusal("conflict", "No customers to verify yet.");
  const entry = audit({ action: `subject_job.${kind}`, target: jobId, after: { total } });
  if (await insertSubjectJob(dataOf(env, scope), scope, { jobId, kind, total }, entry)) {
    waitUntil(beginSubjectJob(env, { projectId: scope.projectId, jobId }));
    return { outcome: "done", jobId, total };
  }
  return (await readSubjectJob(dataOf(env, scope), jobId)) === null
    ? refusal(
        "conflict",
        "Another run is in progress in this project and mode. Wait until it finishes, or stop it.",
      )
    : jobAlreadyStarted;
});

export const stop = implement(stopSubjectJob, async ({ env, scope, audit }, { jobId }) =>
  stopReply(await stopSubjectJobRow(dataOf(env, scope), scope, jobId, audit({ target: jobId }))),
);
