/** How long a sweep starts new work, on the machine's clock. Work that has started ends by its own timeout. */
export interface Budget {
  /** Milliseconds since 1970. */
  endBy: number;
}

/**
 * Claims items and runs `work` on each, `concurrency` at a time, until fewer are due than could begin, the budget ends,
 * or `max` items were begun: the platform allows an invocation 1,000 calls. Returns how many items were begun. The next
 * run of the sweep does the rest.
 *
 * Claims only as many items as can begin at once. A claim that waits for its turn would keep its item from every other
 * run until its lease ends. `claim` returns at most `limit` items, those that are due the longest, and makes them not
 * due for longer than `work` takes. `work` must end in time and not throw.
 *
 * `concurrency` is at most 5 for work that calls Stripe: the platform allows an invocation six open connections.
 */
export async function workThrough<T>(
  claim: (limit: number) => Promise<T[]>,
  { endBy, concurrency, max }: Budget & { concurrency: number; max: number },
  work: (item: T) => Promise<void>,
): Promise<number> {
  const running = new Set<Promise<void>>();
  let begun = 0;
  let isMore = true;
  try {
    while (isMore && begun < max && Date.now() < endBy) {
      const free = Math.min(concurrency - running.size, max - begun);
      const claimed = await claim(free);
      for (const item of claimed) {
        const run: Promise<void> = work(item).finally(() => running.delete(run));
        running.add(run);
      }
      begun += claimed.length;
      isMore = claimed.length === free;
      if (running.size === concurrency) await Promise.race(running);
    }
  } finally {
    await Promise.all(running);
  }
  return begun;
}
