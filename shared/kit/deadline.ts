/** A part that an answer needs did not respond in time or at all. The caller may retry. */
export class DependencyUnavailable extends Error {
  constructor(
    readonly dependency: string,
    options?: ErrorOptions,
  ) {
    super(`${dependency} is unavailable`, options);
    this.name = "DependencyUnavailable";
  }
}

/** Why a wait ended: what was asked may still happen. */
export class LateAnswer extends Error {}

/**
 * Waits for `work` at most `timeoutMs`. A failure becomes the cause of a `DependencyUnavailable`, and so does a late answer,
 * as `LateAnswer`; what that did stays done, so `work` must be safe to repeat.
 */
export async function withDeadline<T>(dependency: string, timeoutMs: number, work: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new LateAnswer(`no answer within ${timeoutMs} ms`)), timeoutMs);
  });
  try {
    return await Promise.race([work, late]);
  } catch (cause) {
    throw new DependencyUnavailable(dependency, { cause });
  } finally {
    clearTimeout(timer);
  }
}
