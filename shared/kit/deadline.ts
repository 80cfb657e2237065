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

/**
 * Waits for `work` at most `timeoutMs`. Both a failure and a late answer become `DependencyUnavailable`; what a late
 * answer did stays done, so `work` must be safe to repeat.
 */
export async function withDeadline<T>(dependency: string, timeoutMs: number, work: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
  });
  try {
    return await Promise.race([work, late]);
  } catch (cause) {
    throw new DependencyUnavailable(dependency, { cause });
  } finally {
    clearTimeout(timer);
  }
}
