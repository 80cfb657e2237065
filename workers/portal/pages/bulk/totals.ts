import type { BulkRowState } from "../../../../shared/contract/operations/bulk-jobs.ts";
import type { BulkGroup } from "../../db/bulk-jobs.ts";

/** The numbers of a job. */
export interface BulkTotals {
  all: number;
  states: Record<BulkRowState, number>;
  /** Changes of access, of the customers who are ready or done. */
  gains: number;
  losses: number;
  keeps: number;
}

export function sumUp(groups: readonly BulkGroup[]): BulkTotals {
  const states: BulkTotals["states"] = {
    pending: 0,
    ready: 0,
    unchanged: 0,
    refused: 0,
    unknown: 0,
    erased: 0,
    done: 0,
    changed: 0,
    failed: 0,
  };
  const totals = { all: 0, states, gains: 0, losses: 0, keeps: 0 };
  for (const { state, before, after, count } of groups) {
    totals.all += count;
    states[state] += count;
    if (state !== "ready" && state !== "done") continue;
    if (before !== "allowed" && after === "allowed") totals.gains += count;
    else if (before === "allowed" && after !== "allowed") totals.losses += count;
    else totals.keeps += count;
  }
  return totals;
}
