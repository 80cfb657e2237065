/**
 * `npm run bench`: the speed table, each row beside its floor in the same workerd and the same run; the portal's pages with
 * 100,000 rows; and how soon webhooks arrive.
 * `npm run bench -- --json` prints JSON only, `--only=check,pages` some rows, `--quick` fewer rounds.
 */
import { startBenchStack } from "./bench/bench-stack.ts";
import { type Comparison, compare, type Pace } from "./bench/compare.ts";
import { type Cost, costTable } from "./bench/cost.ts";
import { timePages } from "./bench/pages.ts";
import { scenarios } from "./bench/scenarios.ts";
import { printTables } from "./bench/table.ts";
import { timeDeliveries } from "./bench/webhooks.ts";

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
const pace: Pace = options.has("--quick")
  ? { rounds: 5, rampMs: 1_100, measuredMs: 1_200, restMs: 1_200 }
  : { rounds: 7, rampMs: 1_200, measuredMs: 3_000, restMs: 1_500 };

const { comparisons, costs } = await compareWithFloors();
const pages = names.includes("pages") ? await timePages() : [];
const deliveries = names.includes("webhooks") ? await timeDeliveries() : [];
if (options.has("--json"))
  console.log(JSON.stringify({ pace, comparisons, costs, pages, deliveries }, null, 2));
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
