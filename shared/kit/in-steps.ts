import type { SweepCounts } from "../contract/sweeps.ts";

/** One step of a removal: it deletes at most `limit` rows per statement, and returns how many by what they were. */
export type RemovalStep<Counts extends SweepCounts> = (limit: number) => Promise<Counts>;

/**
 * Runs `step` until it finds fewer than `limit` rows of each kind, `max` steps were run or `endBy` has come, and returns
 * the sums. Small steps let other statements run in between, because a database runs one after the other. `max` is for
 * the platform's limit of 1,000 calls per invocation.
 */
export async function inSteps<Counts extends SweepCounts>(
  step: RemovalStep<Counts>,
  { limit, max, endBy }: { limit: number; max: number; endBy: number },
): Promise<Counts> {
  const sums: SweepCounts = {};
  let isMore = true;
  for (let number = 0; isMore && (number === 0 || (number < max && Date.now() < endBy)); number++) {
    const counts = await step(limit);
    for (const [what, count] of Object.entries(counts)) sums[what] = (sums[what] ?? 0) + count;
    isMore = Object.values(counts).some((count) => count >= limit);
  }
  return sums as Counts;
}
