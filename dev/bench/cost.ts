import { prices } from "../estimate/prices.ts";
import type { BenchStack } from "./bench-stack.ts";
import type { CountedOperations, Counts } from "./worker/counted-subject.ts";

export interface Cost extends Counts {
  operation: keyof CountedOperations;
  /** The number of ledger entries of the subject. */
  entries: number;
  /** US dollars per million: request, call of the object, rows. Without duration and CPU time. */
  dollarsPerMillion: number;
}

/**
 * Counts the rows that each operation touches at 10 and at 100,000 ledger entries, and computes the price.
 */
export async function costTable(stack: BenchStack): Promise<Cost[]> {
  const costs: Cost[] = [];
  for (const entries of [10, 100_000]) {
    const name = `cost-${entries}`;
    await stack.control("/counted/grow", { name, entries });
    const counted = await stack.control<CountedOperations>("/counted/operations", { name, key: "counted" });
    for (const operation of ["check", "consume", "replay", "reserve", "settle"] as const) {
      const counts = counted[operation];
      costs.push({ operation, entries, ...counts, dollarsPerMillion: dollarsPerMillion(counts) });
    }
  }
  return costs;
}

function dollarsPerMillion({ rowsRead, rowsWritten }: Counts): number {
  const { workerRequests, objectRequests, objectRowsRead, objectRowsWritten } = prices;
  const rows = rowsRead * objectRowsRead.price + rowsWritten * objectRowsWritten.price;
  return workerRequests.price + objectRequests.price + rows;
}
