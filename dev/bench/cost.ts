import type { BenchStack } from "./bench-stack.ts";
import type { CountedOperations, Counts } from "./worker/counted-subject.ts";

/** Cloudflare's list prices of the Workers Paid plan in USD per million, beyond what the plan includes (April 2026). */
const perMillion = { workerRequests: 0.3, objectRequests: 0.15, rowsRead: 0.001, rowsWritten: 1 };

export interface Cost extends Counts {
  operation: keyof CountedOperations;
  /** Ledger entries that the subject had. */
  entries: number;
  /** US dollars for a million of them: request, call of the object, rows. Duration and CPU time are not in it. */
  dollarsPerMillion: number;
}

/** What each operation touches at 10 and at 100,000 ledger entries, and what a million of it costs. */
export async function costTable(stack: BenchStack): Promise<Cost[]> {
  const costs: Cost[] = [];
  for (const entries of [10, 100_000]) {
    const name = `cost-${entries}`;
    await stack.control("/counted/grow", { name, entries });
    const counted = await stack.control<CountedOperations>("/counted/operations", { name, key: "counted" });
    for (const operation of ["check", "consume", "replay"] as const) {
      const counts = counted[operation];
      costs.push({ operation, entries, ...counts, dollarsPerMillion: dollarsPerMillion(counts) });
    }
  }
  return costs;
}

function dollarsPerMillion({ rowsRead, rowsWritten }: Counts): number {
  const rows = rowsRead * perMillion.rowsRead + rowsWritten * perMillion.rowsWritten;
  return perMillion.workerRequests + perMillion.objectRequests + rows;
}
