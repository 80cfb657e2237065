import { type SubjectIdentity, subjectName } from "../../shared/domain/subject-name.ts";
import { DependencyUnavailable } from "../../shared/kit/deadline.ts";
import type { RuntimeEnv } from "./env.ts";
import type { Subject } from "./subject/subject.ts";
import { withinTime } from "./time-limit.ts";

/** The subject's methods with their own types: the platform's stub types lose unions on the way. */
export type SubjectRpc = Pick<
  Subject,
  | "packedCheck"
  | "read"
  | "packedConsume"
  | "applyStripe"
  | "previewStripe"
  | "hasOpenSubscription"
  | "nextReview"
  | "customerView"
  | "previewManual"
  | "applyManual"
  | "exportState"
  | "exportEntries"
  | "exportRequests"
  | "decisionAsOf"
  | "verify"
  | "resync"
  | "restoreEvents"
  | "wake"
  | "erase"
>;

/** The subject's object, in its project's region. Asking for it costs nothing; calling it does. */
function subjectStub(env: RuntimeEnv, identity: SubjectIdentity): SubjectRpc {
  const id = env.SUBJECT.idFromName(subjectName(identity));
  return env.SUBJECT.get(id, { locationHint: identity.region }) as unknown as SubjectRpc;
}

/**
 * Calls the subject's object; once more when the platform says that the first call may be repeated (an object that
 * moved or restarted). `call` must be safe to repeat, as every method of `Subject` is.
 *
 * With `budgetMs` both calls together take that long at most: then `DependencyUnavailable`, as for whatever fails within it, and
 * what a late answer did stays done.
 */
export async function callSubject<T>(
  env: RuntimeEnv,
  identity: SubjectIdentity,
  call: (subject: SubjectRpc) => Promise<T>,
  budgetMs?: number,
): Promise<T> {
  const startedAt = Date.now();
  // A stub is broken once a call on it failed: each call takes a new one.
  const ask = () => {
    const answer = call(subjectStub(env, identity));
    if (budgetMs === undefined) return answer;
    return withinTime(Math.max(0, startedAt + budgetMs - Date.now()), answer);
  };
  try {
    return await ask();
  } catch (error) {
    if (!isRetryable(error)) throw budgetMs === undefined ? error : unavailable(error);
  }
  try {
    return await ask();
  } catch (error) {
    throw unavailable(error);
  }
}

const unavailable = (cause: unknown) => new DependencyUnavailable("the subject's object", { cause });

function isRetryable(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { retryable, overloaded } = error as Error & { retryable?: boolean; overloaded?: boolean };
  return retryable === true && overloaded !== true;
}
