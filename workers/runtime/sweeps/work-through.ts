/** How long a sweep starts new work, on the machine's clock. Work that has started ends by its own timeout. */
export interface Budget {
  /** Milliseconds since 1970. */
  endBy: number;
}

/**
 * Runs `work` on each item, `concurrency` at a time, in order, until the budget ends. Returns how many items were
 * begun: the next run of the sweep does the rest. `work` must claim its item, end in time and not throw.
 *
 * `concurrency` is at most 5 for work that calls Stripe: the platform allows an invocation six open connections.
 */
export async function workThrough<T>(
  items: readonly T[],
  { endBy, concurrency }: Budget & { concurrency: number },
  work: (item: T) => Promise<void>,
): Promise<number> {
  let begun = 0;
  const runWorker = async () => {
    while (begun < items.length && Date.now() < endBy) {
      const item = items[begun++] as T;
      await work(item);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, runWorker));
  return begun;
}
