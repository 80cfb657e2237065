import { dataByNumber } from "../../../shared/db/databases.ts";
import { currentTime } from "../../../shared/kit/clock.ts";
import { moveAccessAlong } from "../db/customer-summary.ts";
import { claimReviews, claimSubjectsToWake } from "../db/subjects.ts";
import type { RuntimeEnv } from "../env.ts";
import { reviewSubject } from "../stripe-events/review-subject.ts";
import { callSubject } from "../subject-stub.ts";
import { forEachSubject } from "./for-each-subject.ts";
import type { Budget } from "./work-through.ts";

const maxWokenPerSweep = 400;
const concurrentWakes = 20;
const wakeTimeoutMs = 10_000;
/** An object that was woken in vain is woken again after this time. */
const wakeAgainMs = 45_000;
/** A first flush takes seconds. An object that has not flushed for longer may have lost its alarm. */
const firstFlushMs = 5 * 60_000;

const maxReviewsPerSweep = 100;
const concurrentReviews = 5;
/** A review that failed is tried again after this time. One that succeeded is due when the next flush says so. */
const reviewAgainMs = 3_600_000;

/**
 * Wakes subjects with work that their alarm did not do: an entitlement expired, or the first flush never came.
 * The least recently woken are first, so that objects that fail each time delay no other.
 */
export async function sweepExpiries(
  env: RuntimeEnv,
  budget: Budget,
  database: number,
): Promise<{ woken: number }> {
  const claim = async (limit: number) => {
    const now = await currentTime(env.DEV);
    const times = { now, wokenBefore: now - wakeAgainMs, createdBefore: now - firstFlushMs };
    return claimSubjectsToWake(dataByNumber(env, database), times, limit);
  };
  const options = { ...budget, concurrency: concurrentWakes, max: maxWokenPerSweep };
  const woken = await forEachSubject("subject.wake_failed", claim, options, (identity) =>
    callSubject(env, identity, (subject) => subject.wake(), wakeTimeoutMs),
  );
  return { woken };
}

/** Reads subscriptions again from Stripe if their period ended without an event. */
export async function sweepReviews(
  env: RuntimeEnv,
  budget: Budget,
  database: number,
): Promise<{ reviewed: number }> {
  const claim = async (limit: number) => {
    const now = await currentTime(env.DEV);
    return claimReviews(dataByNumber(env, database), { now, until: now + reviewAgainMs }, limit);
  };
  const options = { ...budget, concurrency: concurrentReviews, max: maxReviewsPerSweep };
  const reviewed = await forEachSubject("subject.review_failed", claim, options, (subject) =>
    reviewSubject(env, subject),
  );
  return { reviewed };
}

const maxAccessChangesPerSweep = 2_000;

/** Moves the copied access where the clock has changed it. Rights never depend on the copy. */
export async function sweepAccess(
  env: RuntimeEnv,
  _budget: Budget,
  database: number,
): Promise<{ moved: number }> {
  return {
    moved: await moveAccessAlong(
      dataByNumber(env, database),
      await currentTime(env.DEV),
      maxAccessChangesPerSweep,
    ),
  };
}
