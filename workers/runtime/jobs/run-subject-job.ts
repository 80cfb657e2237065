import type { JobKey } from "../../../shared/contract/messages.ts";
import { dataOf } from "../../../shared/db/databases.ts";
import { readSubjectJob, type SubjectFinding, type SubjectJobRow } from "../../../shared/db/subject-jobs.ts";
import { subjectName } from "../../../shared/domain/subject-name.ts";
import { currentTime } from "../../../shared/kit/clock.ts";
import { errorMessage, log } from "../../../shared/kit/log.ts";
import { subjectTag } from "../../../shared/kit/subject-tag.ts";
import { TimeoutError } from "../../../shared/kit/timeout.ts";
import { advanceSubjectJob, listSubjectsOfJob } from "../db/subject-jobs.ts";
import type { RuntimeEnv } from "../env.ts";
import { type ComparedSubject, compareSubject } from "./compare-subject.ts";

/**
 * Verifies or resyncs every subject of a scope, page by page. The row in `subject_jobs` holds the progress. A new job
 * starts immediately. Each minute's sweep then continues jobs without recent progress.
 *
 * A page is recorded only when all its subjects were visited. After a crash the page is visited again, which is safe.
 * If two workers run one job, a page counts once (`advanceSubjectJob`).
 */

/** Subjects that are visited at the same time. */
const subjectsPerPage = 10;
/**
 * Limits a turn to the platform's 1,000 subrequests per invocation: up to two calls to the object for each subject, and
 * three to D1 for each page.
 */
const pagesPerTurn = 40;
/** The platform stops work 30 s after the reply. A turn that ends earlier is old enough for the next sweep. */
const turnMs = 20_000;
/** Keeps one huge or broken subject from delaying the others. The customer's own page allows it more time. */
const subjectBudgetMs = 8_000;

/** Runs the first turn of a job. The reply is sent already, so a failure is only logged. The sweep continues the job. */
export async function beginSubjectJob(env: RuntimeEnv, key: JobKey): Promise<void> {
  try {
    await runSubjectJob(env, key);
  } catch (error) {
    log("error", "subject_job.turn_failed", { jobId: key.jobId, error: errorMessage(error) });
  }
}

export async function runSubjectJob(env: RuntimeEnv, key: JobKey): Promise<void> {
  const endBy = Date.now() + turnMs;
  for (let pages = 0; pages < pagesPerTurn && Date.now() < endBy; pages++) {
    const job = await readSubjectJob(dataOf(env, key), key.jobId);
    if (job?.status !== "running") return;
    await doPage(env, job, subjectsPerPage);
  }
}

export async function doPage(env: RuntimeEnv, job: SubjectJobRow, limit: number): Promise<void> {
  const subjects = await listSubjectsOfJob(dataOf(env, job), job, limit);
  const visits = await Promise.all(subjects.map((subject) => visit(env, subject, job)));
  const sum = (part: "entries" | "unflushed") => visits.reduce((total, found) => total + found[part], 0);
  const findings = visits.flatMap(({ finding }) => finding ?? []);
  const unreached = findings.filter(({ where }) => where === "unreached").length;
  const page = {
    last: subjects.at(-1)?.subjectRef ?? job.cursor,
    done: subjects.length,
    faulty: findings.length - unreached,
    unreached,
    entries: sum("entries"),
    unflushed: sum("unflushed"),
    findings,
    isOver: subjects.length < limit,
  };
  await advanceSubjectJob(dataOf(env, job), job, page, await currentTime(env.DEV));
}

interface Visit {
  entries: number;
  unflushed: number;
  /** `null` when nothing was found. */
  finding: SubjectFinding | null;
}

async function visit(env: RuntimeEnv, subject: ComparedSubject, job: SubjectJobRow): Promise<Visit> {
  const { subjectRef, projectId, mode } = subject;
  try {
    const found = await compareSubject(env, subject, job.kind, subjectBudgetMs);
    const { entries, unflushed, findings } = found;
    const [first] = findings;
    const finding = first === undefined ? null : { subjectRef, faults: findings.length, ...inWords(first) };
    return { entries, unflushed, finding };
  } catch (error) {
    const cause = error instanceof Error ? error.cause : undefined;
    log("error", "subject_job.subject_unreached", {
      projectId,
      mode,
      subjectTag: subjectTag(subjectName(subject)),
      jobId: job.jobId,
      error: errorMessage(error),
      cause: cause === undefined ? undefined : errorMessage(cause),
    });
    const isLate = cause instanceof TimeoutError;
    const message = isLate
      ? `no answer within ${subjectBudgetMs / 1_000} seconds`
      : "the object did not answer";
    return { entries: 0, unflushed: 0, finding: { subjectRef, where: "unreached", message, faults: 0 } };
  }
}

/** Characters; a hundred findings have to fit into the job's row. */
const maxMessageLength = 300;

function inWords({
  where,
  sequence,
  message,
}: {
  where: SubjectFinding["where"];
  sequence: number | null;
  message: string;
}) {
  const at = sequence === null ? "" : `entry ${sequence}: `;
  return { where, message: `${at}${message}`.slice(0, maxMessageLength) };
}
