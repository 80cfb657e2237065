import { type SubjectIdentity, subjectName } from "../../../shared/domain/subject-name.ts";
import { currentTime } from "../../../shared/kit/clock.ts";
import { errorMessage, log } from "../../../shared/kit/log.ts";
import { subjectTag } from "../../../shared/kit/subject-tag.ts";
import { listSubjectsToExpire, listSubjectsToReview } from "../db/subjects.ts";
import type { RuntimeEnv } from "../env.ts";
import { reviewSubject } from "../stripe-events/review-subject.ts";
import { callSubject } from "../subject-stub.ts";

const maxSubjectsPerSweep = 100;

/** Wakes subjects with an entitlement that expired without its alarm recording it. */
export async function sweepExpiries(env: RuntimeEnv): Promise<{ woken: number }> {
  const due = await listSubjectsToExpire(env.DB, await currentTime(env.DEV), maxSubjectsPerSweep);
  await forEachSubject("subject.wake_failed", due, (identity) =>
    callSubject(env, identity, (subject) => subject.wake()),
  );
  return { woken: due.length };
}

/** Reads subscriptions again from Stripe if their period ended without an event. */
export async function sweepReviews(env: RuntimeEnv): Promise<{ reviewed: number }> {
  const due = await listSubjectsToReview(env.DB, await currentTime(env.DEV), maxSubjectsPerSweep);
  await forEachSubject("subject.review_failed", due, (identity) => reviewSubject(env, identity));
  return { reviewed: due.length };
}

/** A broken object does not keep a sweep from the others. It stays due and is logged each minute. */
async function forEachSubject(
  failure: string,
  identities: SubjectIdentity[],
  work: (identity: SubjectIdentity) => Promise<void>,
): Promise<void> {
  for (const identity of identities) {
    try {
      await work(identity);
    } catch (error) {
      const { projectId, mode } = identity;
      const tag = subjectTag(subjectName(identity));
      log("error", failure, { projectId, mode, subjectTag: tag, error: errorMessage(error) });
    }
  }
}
