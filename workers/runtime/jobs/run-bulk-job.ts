import type { JobKey } from "../../../shared/contract/messages.ts";
import { applyAction } from "../../../shared/contract/operations/customers.ts";
import { hasRole } from "../../../shared/contract/roles.ts";
import type { BulkJob } from "../../../shared/db/bulk-jobs.ts";
import { databasesOf, dataOf } from "../../../shared/db/databases.ts";
import { subjectName } from "../../../shared/domain/subject-name.ts";
import { currentTime } from "../../../shared/kit/clock.ts";
import { errorMessage, log } from "../../../shared/kit/log.ts";
import { subjectTag } from "../../../shared/kit/subject-tag.ts";
import {
  type BulkPageRow,
  type BulkPermit,
  type BulkRowResult,
  readBulkPage,
  releaseBulkJob,
  renewBulkJob,
  saveBulkPage,
  stopForbiddenBulkJob,
} from "../db/bulk-job-rows.ts";
import type { RuntimeEnv } from "../env.ts";
import { applyRow, type BulkTurn, previewRow } from "./bulk-row.ts";

/**
 * Runs bulk jobs, page by page: first the preview of each customer, then, once an operator has started the job, the
 * action. The rows in `bulk_job_rows` are the progress. A worker holds a lease on the job, and each minute's sweep claims
 * the jobs without one.
 *
 * Guarantees: the action is applied at most once per customer, and its result is saved. A crash after an action and before
 * its row leaves the row waiting. The next turn sends the same action id, and the customer's object answers as before. Two
 * workers with the same page do the same.
 *
 * Assumes: who created or started the job had a session, and in live mode a recent authentication. Their membership and
 * role are read again for each page. The end of the session does not stop the job: it was confirmed before.
 */

export const bulkLeaseMs = 30_000;
/** The platform stops work 30 s after the reply. */
const turnMs = 20_000;
/** Of the platform's 1,000 subrequests per invocation. */
const callsPerTurn = 900;
/** A page reads, saves, renews the lease and may read the clock. */
const callsPerPage = 4;
/** Attempts without an answer until a customer counts as failed. */
const maxTries = 3;

/**
 * Customers at the same time: a sync calls Stripe several times for each, on at most six connections. A grant reads the
 * product and the settings of signals.
 */
const sizeOf = ({ action }: BulkJob) =>
  action.type === "sync"
    ? { customers: 5, callsEach: 25 }
    : { customers: 20, callsEach: action.type === "grant" ? 3 : 1 };

/** Runs the first turn. The reply is sent already, so a failure is only logged. The sweep continues the job. */
export async function beginBulkJob(env: RuntimeEnv, key: JobKey): Promise<void> {
  try {
    await runBulkJob(env, key);
  } catch (error) {
    log("error", "bulk_job.turn_failed", { jobId: key.jobId, error: errorMessage(error) });
  }
}

/** Runs a turn of a claimed job. Returns whether there is more to do. */
export async function runBulkJob(env: RuntimeEnv, key: JobKey): Promise<boolean> {
  const endBy = Date.now() + turnMs;
  let calls = 0;
  while (Date.now() < endBy && calls < callsPerTurn) {
    const spent = await runBulkPage(env, key);
    if (spent === null) return false;
    calls += spent;
  }
  await releaseBulkJob(dataOf(env, key), key.jobId, await currentTime(env.DEV));
  return true;
}

/** Works on the next customers. Returns the calls it took; `null` when the job waits for an operator or is over. */
export async function runBulkPage(env: RuntimeEnv, key: JobKey): Promise<number | null> {
  const { jobId } = key;
  const now = await currentTime(env.DEV);
  const job = await renewBulkJob(dataOf(env, key), jobId, now + bulkLeaseMs);
  if (job === null) return null;
  const { customers, callsEach } = sizeOf(job);
  const { rows, permit } = await readBulkPage(databasesOf(env, job), job, customers, now);
  // As for a single action.
  if (permit === null || !hasRole(permit.role, applyAction.role)) {
    await stopForbiddenBulkJob(
      dataOf(env, key),
      jobId,
      `${job.operatorName} may not act here any more.`,
      now,
    );
    return null;
  }
  const turn = { env, job, permit: toPermit(job, permit, now) };
  const results = await Promise.all(rows.map((row) => workOn(turn, row)));
  await saveBulkPage(dataOf(env, job), job, results, now);
  const unknown = rows.filter(({ isKnown }) => isKnown === 0).length;
  return callsPerPage + rows.length * callsEach + 2 * unknown;
}

function toPermit(job: BulkJob, { role, region }: BulkPermit, now: number): BulkTurn["permit"] {
  const { accountId, operatorId, operatorName: name, operatorEmail: email, ipAddress } = job;
  return { actor: { accountId, operatorId, name, email, ipAddress }, role, region, now };
}

/** A customer who does not answer keeps the others from nothing: the row waits, and is tried after them. */
async function workOn(turn: BulkTurn, row: BulkPageRow): Promise<BulkRowResult> {
  const { position, target, fingerprint, before, after, units, tries } = row;
  const unchanged = {
    position,
    target,
    fingerprint,
    before,
    after,
    units,
    tries,
    message: null,
    sequence: null,
  };
  const isPreview = turn.job.status === "previewing";
  try {
    const found = await (isPreview ? previewRow(turn, row) : applyRow(turn, row));
    return { ...unchanged, ...found };
  } catch (error) {
    const { projectId, mode, jobId } = turn.job;
    const { subjectRef } = row;
    log("error", "bulk_job.customer_failed", {
      projectId,
      mode,
      jobId,
      subjectTag: subjectTag(subjectName({ projectId, mode, subjectRef })),
      error: errorMessage(error),
    });
    const failed = { ...unchanged, tries: tries + 1 };
    if (failed.tries < maxTries) return { ...failed, state: isPreview ? "pending" : "ready" };
    return { ...failed, state: "failed", message: isPreview ? unanswered : unansweredAction };
  }
}

const unanswered = "No answer after 3 attempts. Preview again.";
const unansweredAction =
  "No answer after 3 attempts. The action may have been applied. Preview again to settle it: it is never applied twice.";
