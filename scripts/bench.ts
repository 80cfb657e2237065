/**
 * `npm run bench`: the speed table, each row next to its floor in the same workerd and the same run; the portal's pages
 * with 100,000 rows; and the delay of webhooks.
 * `npm run bench -- --json` prints JSON only, `--only=check,pages` some rows, `--quick` fewer rounds.
 */
import { startBenchStack } from "../dev/bench/bench-stack.ts";
import { type Comparison, compare, type Pace } from "../dev/bench/compare.ts";
import { type Cost, costTable } from "../dev/bench/cost.ts";
import { timePages } from "../dev/bench/pages.ts";
import { scenarios } from "../dev/bench/scenarios.ts";
import { printTables } from "../dev/bench/table.ts";
import { timeDeliveries } from "../dev/bench/webhooks.ts";

const options = new Set(process.argv.slice(2));
const only = process.argv
  .find((argument) => argument.startsWith("--only="))
  ?.slice("--only=".length)
  .split(",");
const all = [...Object.keys(scenarios), "cost", "pages", "webhooks"];
const names = only ?? all;
const unknown = names.filter((name) => !all.includes(name));
if (unknown.length > 0) {
  console.error(`There is no row named ${unknown.join(", ")}. Rows: ${all.join(", ")}.`);
  process.exit(2);
}
/** Most rows are measured in many short turns, so that a change of the machine's speed affects both sides. */
const short: Pace = { rounds: options.has("--quick") ? 40 : 120, rampMs: 100, measuredMs: 300 };
/**
 * Rows that flush to D1 need long turns: a subject under constant use is flushed once in 30 s. So each subject is flushed
 * once in the measured time, and the rest of the other side is flushed before it.
 */
const long: Pace = { rounds: options.has("--quick") ? 2 : 4, rampMs: 32_000, measuredMs: 30_000 };

const { comparisons, costs } = await compareWithFloors();
const pages = names.includes("pages") ? await timePages() : [];
const deliveries = names.includes("webhooks") ? await timeDeliveries() : [];
if (options.has("--json"))
  console.log(JSON.stringify({ paces: { short, long }, comparisons, costs, pages, deliveries }, null, 2));
else printTables({ comparisons, costs, pages, deliveries });

async function compareWithFloors(): Promise<{ comparisons: Comparison[]; costs: Cost[] }> {
  const comparisons: Comparison[] = [];
  const chosen = names.filter((name) => scenarios[name] !== undefined);
  if (chosen.length === 0 && !names.includes("cost")) return { comparisons, costs: [] };
  const stack = await startBenchStack();
  try {
    for (const name of chosen) {
      console.error(`${name}: filling`);
      for (const sides of (await scenarios[name]?.(stack)) ?? []) {
        const pace = sides.isFlushed ? long : short;
        console.error(`${sides.what}: ${pace.rounds} rounds`);
        const comparison = await compare(sides, pace);
        console.error(`  ratio ${comparison.ratio.toFixed(2)}`);
        comparisons.push(comparison);
      }
    }
    return { comparisons, costs: names.includes("cost") ? await costTable(stack) : [] };
  } finally {
    await stack.stop();
  }
}
