import { cpus } from "node:os";
import type { AuditTime } from "./audits.ts";
import type { Comparison } from "./compare.ts";
import type { Cost } from "./cost.ts";
import type { Measured } from "./load.ts";
import type { PageTime } from "./pages.ts";
import type { RegionTimes } from "./regions.ts";
import type { DeliveryTime } from "./webhooks.ts";

const whole = (value: number) => Math.round(value).toLocaleString("en-US");
const ratio = (value: number) => value.toFixed(2);
/** The cell of the column "result". Empty for a row without a target. */
const verdict = (holds: boolean | null) => (holds === null ? "" : holds ? "holds" : "fails");

function speedOf({ requestsPerSecond, medianMs, ninetyNinePercentMs }: Measured): string {
  return `${whole(requestsPerSecond)} req/s, ${medianMs.toFixed(1)} ms, ${ninetyNinePercentMs.toFixed(1)} ms`;
}

function targetOf({ target }: Comparison): string {
  if (target === null) return "";
  return "atLeast" in target ? `≥ ${target.atLeast}` : `≤ ${target.atMost}`;
}

interface Tables {
  comparisons: Comparison[];
  costs: Cost[];
  regions: RegionTimes | null;
  pages: PageTime[];
  deliveries: DeliveryTime[];
  audits: AuditTime[];
}

/** Prints the tables of docs/performance.md that have rows. */
export function printTables({ comparisons, costs, regions, pages, deliveries, audits }: Tables): void {
  printRows(
    ["scenario", "runtime: rate, median, 99 %", "floor", "ratio: median (spread)", "target", "result"],
    comparisons.map((row) => [
      row.what,
      speedOf(row.ours),
      speedOf(row.floor),
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
    [
      "region",
      "round trip home",
      "replicas",
      "a check per subject every",
      "median",
      "99 %",
      "calls of home objects per 1,000 checks",
      "failed",
      "result",
    ],
    (regions?.rows ?? []).map((row) => [
      row.region,
      `${row.roundTripMs} ms`,
      row.replicas ? "with" : "without",
      `${whole(row.everyMs)} ms`,
      `${row.medianMs.toFixed(1)} ms`,
      `${row.ninetyNinePercentMs.toFixed(1)} ms`,
      whole(row.homeCalls),
      `${whole(row.failed)} of ${whole(row.checks)}`,
      verdict(row.holds),
    ]),
  );
  if (regions !== null)
    console.log(`Floor, the round trip within a region alone: median ${regions.floorMs.toFixed(1)} ms\n`);
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
  printRows(
    ["access audit", "customers", "differ", "reads from Stripe", "time", "budget", "result"],
    audits.map((row) => [
      row.what,
      whole(row.customers),
      whole(row.differ),
      whole(row.reads),
      `${whole(row.seconds)} s`,
      row.budget === null ? "" : `≤ ${whole(row.budget.reads)} reads, ${whole(row.budget.seconds)} s`,
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
