import {
  createBulkJob,
  previewBulkJobAgain,
  startBulkJob,
  stopBulkJob,
  undoableActions,
  undoBulkJob,
} from "../../../shared/contract/operations/bulk-jobs.ts";
import { jobAlreadyStarted } from "../../../shared/contract/operations/jobs.ts";
import { type Refusal, refusal } from "../../../shared/contract/operations/reply.ts";
import { subjectRefSchema } from "../../../shared/contract/subject-ref.ts";
import { readBulkJob } from "../../../shared/db/bulk-jobs.ts";
import { dataOf } from "../../../shared/db/databases.ts";
import { readProduct } from "../../../shared/db/products.ts";
import {
  insertBulkJob,
  previewAgainRow,
  selectListedRows,
  selectRowsToUndo,
  startBulkJobRow,
  stopBulkJobRow,
} from "../db/bulk-jobs.ts";
import { beginBulkJob, bulkLeaseMs } from "../jobs/run-bulk-job.ts";
import { implement } from "./implement.ts";

const unknownJob: Refusal = refusal("not_found", "Job not found in this project and mode.");

export const create = implement(
  createBulkJob,
  async ({ env, scope, now, audit, waitUntil }, { jobId, subjectRefs, action, reason, text }) => {
    if ("productCode" in action && (await readProduct(env.DB, scope, action.productCode)) === null)
      return refusal("not_found", `No product '${action.productCode}' in ${scope.mode} mode.`, "productCode");
    // One row per customer.
    const listed = [...new Set(subjectRefs)].map((subjectRef) => {
      const parsed = subjectRefSchema.safeParse(subjectRef);
      const message = parsed.success
        ? null
        : `No customer can have this name: ${parsed.error.issues[0]?.message}.`;
      return { subjectRef, message };
    });
    const job = { jobId, action, reason, note: text, undoes: null };
    const after = { action, customers: listed.length, reason: `${reason}: ${text}` };
    const claim = { leaseUntil: now + bulkLeaseMs, audit: audit({ target: jobId, after }) };
    if (!(await insertBulkJob(dataOf(env, scope), scope, job, selectListedRows(listed), claim)))
      return (await readBulkJob(dataOf(env, scope), scope, jobId)) === null
        ? unknownJob
        : { outcome: "done", jobId };
    waitUntil(beginBulkJob(env, { projectId: scope.projectId, jobId }));
    return { outcome: "done", jobId };
  },
);

export const undo = implement(
  undoBulkJob,
  async ({ env, scope, now, audit, waitUntil }, { jobId, undoes }) => {
    const original = await readBulkJob(dataOf(env, scope), scope, undoes);
    if (original === null) return unknownJob;
    if (!undoableActions.includes(original.action.type))
      return refusal("conflict", "Only grants, revocations and adjustments can be undone.");
    if (original.status === "running") return refusal("conflict", "This job is running. Stop it first.");
    const { reason, note } = original;
    const job = { jobId, action: { type: "undo", jobId: undoes } as const, reason, note, undoes };
    const claim = { leaseUntil: now + bulkLeaseMs, audit: audit({ target: undoes, after: { job: jobId } }) };
    if (!(await insertBulkJob(dataOf(env, scope), scope, job, selectRowsToUndo(undoes), claim)))
      return (await readBulkJob(dataOf(env, scope), scope, jobId)) === null
        ? unknownJob
        : { outcome: "done", jobId };
    waitUntil(beginBulkJob(env, { projectId: scope.projectId, jobId }));
    return { outcome: "done", jobId };
  },
);

export const previewAgain = implement(
  previewBulkJobAgain,
  async ({ env, scope, now, audit, waitUntil }, { jobId }) => {
    const claim = { leaseUntil: now + bulkLeaseMs, audit: audit({ target: jobId }) };
    if (await previewAgainRow(dataOf(env, scope), scope, jobId, claim)) {
      waitUntil(beginBulkJob(env, { projectId: scope.projectId, jobId }));
      return { outcome: "done" };
    }
    const job = await readBulkJob(dataOf(env, scope), scope, jobId);
    if (job === null) return unknownJob;
    // The form was sent twice, or by two operators.
    if (job.status === "previewing") return { outcome: "done" };
    return refusal("conflict", "Every customer of this job has a result. Nothing is left to preview.");
  },
);

export const start = implement(
  startBulkJob,
  async ({ env, scope, now, audit, waitUntil }, { jobId, round }) => {
    const claim = { leaseUntil: now + bulkLeaseMs, audit: audit({ target: jobId }) };
    if (await startBulkJobRow(dataOf(env, scope), scope, { jobId, round }, claim)) {
      waitUntil(beginBulkJob(env, { projectId: scope.projectId, jobId }));
      return { outcome: "done" };
    }
    const job = await readBulkJob(dataOf(env, scope), scope, jobId);
    if (job === null) return unknownJob;
    if (job.round !== round || job.status === "previewing")
      return refusal("conflict", "This preview is outdated. Review the current one, then start the job.");
    // The form was sent twice, or two operators started the same preview: it runs once.
    if (job.status === "running") return { outcome: "done" };
    return job.status === "finished"
      ? jobAlreadyStarted
      : refusal("conflict", "The action applies to none of these customers.");
  },
);

export const stop = implement(stopBulkJob, async ({ env, scope, audit }, { jobId }) => {
  if (await stopBulkJobRow(dataOf(env, scope), scope, jobId, audit({ target: jobId })))
    return { outcome: "done" };
  const job = await readBulkJob(dataOf(env, scope), scope, jobId);
  if (job === null) return unknownJob;
  if (job.status === "stopped") return { outcome: "done" };
  return refusal("conflict", "The job is not running. There is nothing to stop.");
});
