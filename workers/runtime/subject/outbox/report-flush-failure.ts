import { type DatabasesEnv, dataOf } from "../../../../shared/db/databases.ts";
import type { SubjectIdentity } from "../../../../shared/domain/subject-name.ts";
import { errorMessage, log } from "../../../../shared/kit/log.ts";
import { recordFlushError } from "../../db/flush-subject.ts";

/** Fewer failures in a row are common when D1 is briefly unavailable. */
const failuresToReport = 3;

/** Names the failure in D1, which may accept this although it refuses the copy. The next flush clears it. */
export async function reportFlushFailure(
  env: DatabasesEnv,
  identity: SubjectIdentity | null,
  failures: number,
  error: unknown,
): Promise<void> {
  if (identity === null || failures < failuresToReport) return;
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  try {
    await recordFlushError(dataOf(env, identity), identity, errorMessage(cause));
  } catch (failure) {
    const { projectId, mode } = identity;
    log("warn", "outbox.failure_not_recorded", { projectId, mode, error: errorMessage(failure) });
  }
}
