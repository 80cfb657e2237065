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
export function withDeadline<T>(dependency: string, timeoutMs: number, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const fail = (cause: unknown) => reject(new DependencyUnavailable(dependency, { cause }));
    const timer = setTimeout(() => fail(new LateAnswer(`no answer within ${timeoutMs} ms`)), timeoutMs);
    work.then(
      (value) => {
        clearTimeout(timer);
        resolve(value);
      },
      (cause: unknown) => {
        clearTimeout(timer);
        fail(cause);
      },
    );
  });
}
