/** A dependency failed or did not respond in time: `cause` says which. The caller may retry. */
export class DependencyUnavailableError extends Error {
  constructor(
    readonly dependency: string,
    options?: ErrorOptions,
  ) {
    super(`${dependency} is unavailable`, options);
    this.name = "DependencyUnavailableError";
  }
}

/** A wait ended before its promise settled. The work may still happen. */
export class TimeoutError extends Error {
  constructor(timeoutMs: number) {
    super(`no response within ${timeoutMs} ms`);
    this.name = "TimeoutError";
  }
}

/**
 * Waits for `promise` at most `timeoutMs`. A failure becomes the cause of a `DependencyUnavailableError`, a timeout a
 * `TimeoutError` as its cause.
 *
 * The work itself is not canceled and may still take effect, so it must be safe to repeat.
 */
export function withTimeout<T>(dependency: string, timeoutMs: number, promise: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const fail = (cause: unknown) => reject(new DependencyUnavailableError(dependency, { cause }));
    const timer = setTimeout(() => fail(new TimeoutError(timeoutMs)), timeoutMs);
    promise.then(
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

/** What is left of a budget that began at `startedAt` (machine clock). Milliseconds, never negative. */
export function remainingMs(startedAt: number, budgetMs: number): number {
  return Math.max(0, startedAt + budgetMs - Date.now());
}
