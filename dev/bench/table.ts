import { cpus } from "node:os";
import type { Comparison } from "./compare.ts";
import type { Cost } from "./cost.ts";
import type { PageTime } from "./pages.ts";
import type { DeliveryTime } from "./webhooks.ts";

const whole = (value: number) => Math.round(value).toLocaleString("en-US");
const ratio = (value: number) => value.toFixed(2);
/** The cell of the column "result". Empty for a row without a target. */
const verdict = (holds: boolean | null) => (holds === null ? "" : holds ? "holds" : "fails");

function targetOf({ target }: Comparison): string {
  if (target === null) return "";
  return "atLeast" in target ? `≥ ${target.atLeast}` : `≤ ${target.atMost}`;
}

interface Tables {
  comparisons: Comparison[];
  costs: Cost[];
  pages: PageTime[];
  deliveries: DeliveryTime[];
}

/** Prints the tables of docs/performance.md that have rows. */
export function printTables({ comparisons, costs, pages, deliveries }: Tables): void {
  printRows(
    ["scenario", "runtime", "floor", "ratio: median (spread)", "target", "result"],
    comparisons.map((row) => [
      row.what,
      `${whole(row.ours.requestsPerSecond)} req/s, ${row.ours.medianMs.toFixed(1)} ms`,
      `${whole(row.floor.requestsPerSecond)} req/s, ${row.floor.medianMs.toFixed(1)} ms`,
      `${ratio(row.ratio)} (${ratio(Math.min(...row.ratios))} to ${ratio(Math.max(...row.ratios))})`,
      targetOf(row),
      verdict(row.holds),
    ]),
  );
  printRows(
    ["operation", "ledger rows", "rows read", "rows written", "D1 statements", "a million costs"],
    costs.map((cost) => [
      cost.operation,
      whole(cost.entries),
      String(cost.rowsRead),
      String(cost.rowsWritten),
      String(cost.d1Statements),
      `$${cost.dollarsPerMillion.toFixed(2)}`,
    ]),
  );
  printRows(
    ["page", "median", "slowest", "HTML", "D1 round trips", "target", "result"],
    pages.map((row) => [
      row.page,
      `${whole(row.medianMs)} ms`,
      `${whole(row.slowestMs)} ms`,
      `${whole(row.kilobytes)} KB`,
      String(row.roundTrips),
      `≤ ${row.target.ms} ms, ${row.target.roundTrips} round trips`,
      verdict(row.holds),
    ]),
  );
  printRows(
    ["endpoint", "events", "median", "95 %", "last", "result"],
    deliveries.map((row) => [
      row.endpoint,
      `${whole(row.events)} of ${whole(row.changes)}`,
      `${whole(row.medianMs)} ms`,
      `${whole(row.ninetyFivePercentMs)} ms`,
      `${whole(row.lastMs)} ms`,
      verdict(row.holds),
    ]),
  );
  console.log(`Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? "unknown CPU"}`);
}

function printRows(head: string[], rows: string[][]): void {
  if (rows.length === 0) return;
  const lines = [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`);
  console.log(`${lines.join("\n")}\n`);
}
