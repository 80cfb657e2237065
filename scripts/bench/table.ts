import { cpus } from "node:os";
import type { Comparison } from "./compare.ts";
import type { Cost } from "./cost.ts";

const whole = (value: number) => Math.round(value).toLocaleString("en-US");
const ratio = (value: number) => value.toFixed(2);

/** The table of docs/performance.md. */
export function printTable(comparisons: Comparison[], costs: Cost[]): void {
  const rows = comparisons.map((row) => [
    row.what,
    `${whole(row.ours.requestsPerSecond)} req/s, ${row.ours.medianMs.toFixed(1)} ms`,
    `${whole(row.floor.requestsPerSecond)} req/s, ${row.floor.medianMs.toFixed(1)} ms`,
    `${ratio(row.ratio)} (${ratio(Math.min(...row.ratios))} to ${ratio(Math.max(...row.ratios))})`,
    "atLeast" in row.target ? `≥ ${row.target.atLeast}` : `≤ ${row.target.atMost}`,
    row.holds ? "holds" : "FAILS",
  ]);
  print(["what", "ours", "beside", "ratio: median (spread)", "target", ""], rows);
  const costRows = costs.map((cost) => [
    cost.operation,
    whole(cost.entries),
    String(cost.rowsRead),
    String(cost.rowsWritten),
    String(cost.d1Statements),
    `$${cost.dollarsPerMillion.toFixed(2)}`,
  ]);
  print(
    ["operation", "ledger rows", "rows read", "rows written", "D1 statements", "a million costs"],
    costRows,
  );
  console.log(`Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? "unknown CPU"}`);
}

function print(head: string[], rows: string[][]): void {
  const lines = [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`);
  console.log(`${lines.join("\n")}\n`);
}
