import { type SubjectIdentity, subjectName } from "../../../shared/domain/subject-name.ts";
import { errorMessage, log } from "../../../shared/kit/log.ts";
import { subjectTag } from "../../../shared/kit/subject-tag.ts";
import { type Budget, workThrough } from "./work-through.ts";

/**
 * Claims subjects and runs `work` on each (`workThrough`). An object that fails does not keep a sweep from the others. It
 * stays due, and is logged as `failure` each time.
 */
export async function forEachSubject(
  failure: string,
  claim: (limit: number) => Promise<SubjectIdentity[]>,
  options: Budget & { concurrency: number; max: number },
  work: (subject: SubjectIdentity) => Promise<void>,
): Promise<number> {
  return workThrough(claim, options, async (subject) => {
    try {
      await work(subject);
    } catch (error) {
      const { projectId, mode } = subject;
      const tag = subjectTag(subjectName(subject));
      log("error", failure, { projectId, mode, subjectTag: tag, error: errorMessage(error) });
    }
  });
}
