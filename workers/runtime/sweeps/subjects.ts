import { type SubjectIdentity, subjectName } from "../../../shared/domain/subject-name.ts";
import { currentTime } from "../../../shared/kit/clock.ts";
import { errorMessage, log } from "../../../shared/kit/log.ts";
import { subjectTag } from "../../../shared/kit/subject-tag.ts";
import { moveAccessAlong } from "../db/customer-summary.ts";
import { claimSubjectsToWake, listSubjectsToReview } from "../db/subjects.ts";
import type { RuntimeEnv } from "../env.ts";
import { reviewSubject } from "../stripe-events/review-subject.ts";
import { callSubject } from "../subject-stub.ts";
import { type Budget, workThrough } from "./work-through.ts";

const maxWokenPerSweep = 500;
const concurrentWakes = 20;
const wakeTimeoutMs = 10_000;
/** An object that was woken in vain is woken again after this time. */
const wakeAgainMs = 45_000;
/** A first flush takes seconds. An object that has not flushed for longer may have lost its alarm. */
const firstFlushMs = 5 * 60_000;

const maxReviewsPerSweep = 100;
const concurrentReviews = 5;

/**
 * Wakes subjects with work that their alarm did not do: an entitlement expired, or the first flush never came.
 * The least recently woken are first, so that objects that fail each time delay no other.
 */
export async function sweepExpiries(env: RuntimeEnv, budget: Budget): Promise<{ woken: number }> {
  const now = await currentTime(env.DEV);
  const times = { now, wokenBefore: now - wakeAgainMs, createdBefore: now - firstFlushMs };
  const due = await claimSubjectsToWake(env.DB, times, maxWokenPerSweep);
  const woken = await forEachSubject(
    "subject.wake_failed",
    due,
    { ...budget, concurrency: concurrentWakes },
    (identity) => callSubject(env, identity, (subject) => subject.wake(), wakeTimeoutMs),
  );
  return { woken };
}

/** Reads subscriptions again from Stripe if their period ended without an event. */
export async function sweepReviews(env: RuntimeEnv, budget: Budget): Promise<{ reviewed: number }> {
  const due = await listSubjectsToReview(env.DB, await currentTime(env.DEV), maxReviewsPerSweep);
  const options = { ...budget, concurrency: concurrentReviews };
  const reviewed = await forEachSubject("subject.review_failed", due, options, (subject) =>
    reviewSubject(env, subject),
  );
  return { reviewed };
}

const maxAccessChangesPerSweep = 2_000;

/** Moves the copied access where the clock has changed it. Rights never depend on the copy. */
export async function sweepAccess(env: RuntimeEnv): Promise<{ moved: number }> {
  return { moved: await moveAccessAlong(env.DB, await currentTime(env.DEV), maxAccessChangesPerSweep) };
}

/** A broken object does not keep a sweep from the others. It stays due and is logged each time. */
async function forEachSubject<T extends SubjectIdentity>(
  failure: string,
  subjects: T[],
  options: Budget & { concurrency: number },
  work: (subject: T) => Promise<void>,
): Promise<number> {
  return workThrough(subjects, options, async (subject) => {
    try {
      await work(subject);
    } catch (error) {
      const { projectId, mode } = subject;
      const tag = subjectTag(subjectName(subject));
      log("error", failure, { projectId, mode, subjectTag: tag, error: errorMessage(error) });
    }
  });
}
