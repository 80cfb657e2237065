import { type Finding, readSubjectJob, type SubjectJobRow } from "../../../shared/db/subject-jobs.ts";
import { subjectName } from "../../../shared/domain/subject-name.ts";
import { currentTime } from "../../../shared/kit/clock.ts";
import { errorMessage, log } from "../../../shared/kit/log.ts";
import { subjectTag } from "../../../shared/kit/subject-tag.ts";
import { TimeoutError } from "../../../shared/kit/timeout.ts";
import { advanceSubjectJob, listSubjectsOfJob } from "../db/subject-jobs.ts";
import type { RuntimeEnv } from "../env.ts";
import { type ComparedSubject, compareSubject } from "./compare-subject.ts";

/**
 * Verifies or resyncs every subject of a project and mode, page by page. The row in `subject_jobs` is the truth and the
 * schedule: what was started goes on at once, and then each minute's sweep goes on with what nobody has moved.
 *
 * A page is written down only when all of it was visited. A crash before that leaves it to be visited again, which changes
 * nothing that is right; two who work on one job count a page once (`advanceSubjectJob`).
 */

/** Asked at once. */
const subjectsPerPage = 10;
/** An invocation may ask a thousand times: an object up to twice for each subject, D1 three times for each page. */
const pagesPerTurn = 40;
/** What goes on after a reply is cut off after 30 s; and a turn ends so long before the next minute that the sweep takes it up. */
const turnMs = 20_000;
/** One huge or broken subject must not keep the job from the others: its own page gives it longer. */
const subjectBudgetMs = 8_000;

/** The first turn of a job. The reply has gone out, so that a failure has nobody to be told; the sweep goes on. */
export async function beginSubjectJob(env: RuntimeEnv, jobId: string): Promise<void> {
  try {
    await runSubjectJob(env, jobId);
  } catch (error) {
    log("error", "subject_job.turn_failed", { jobId, error: errorMessage(error) });
  }
}

export async function runSubjectJob(env: RuntimeEnv, jobId: string): Promise<void> {
  const endBy = Date.now() + turnMs;
  for (let pages = 0; pages < pagesPerTurn && Date.now() < endBy; pages++) {
    const job = await readSubjectJob(env.DB, jobId);
    if (job?.status !== "running") return;
    await doPage(env, job, subjectsPerPage);
  }
}

export async function doPage(env: RuntimeEnv, job: SubjectJobRow, limit: number): Promise<void> {
  const subjects = await listSubjectsOfJob(env.DB, job, limit);
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
  await advanceSubjectJob(env.DB, job, page, await currentTime(env.DEV));
}

interface Visit {
  entries: number;
  unflushed: number;
  /** `null` when all agrees. */
  finding: Finding | null;
}

async function visit(env: RuntimeEnv, subject: ComparedSubject, job: SubjectJobRow): Promise<Visit> {
  const { subjectRef, projectId, mode } = subject;
  try {
    const {
      entries,
      unflushed,
      findings: faults,
    } = await compareSubject(env, subject, job.kind, subjectBudgetMs);
    const [first] = faults;
    const finding = first === undefined ? null : { subjectRef, faults: faults.length, ...inWords(first) };
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

/** Words of which some hundred fit into the job's row. */
const longestMessage = 300;

function inWords({
  where,
  sequence,
  message,
}: {
  where: Finding["where"];
  sequence: number | null;
  message: string;
}) {
  const at = sequence === null ? "" : `entry ${sequence}: `;
  return { where, message: `${at}${message}`.slice(0, longestMessage) };
}
