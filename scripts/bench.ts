/**
 * `npm run bench`: the speed table, each row beside its floor in the same workerd and the same run.
 * `npm run bench -- --json` prints JSON only, `--only=check,hot` some rows, `--quick` fewer rounds.
 */
import { startBenchStack } from "./bench/bench-stack.ts";
import { type Comparison, compare, type Pace } from "./bench/compare.ts";
import { costTable } from "./bench/cost.ts";
import { scenarios } from "./bench/scenarios.ts";
import { printTable } from "./bench/table.ts";

const options = new Set(process.argv.slice(2));
const only = process.argv
  .find((argument) => argument.startsWith("--only="))
  ?.slice("--only=".length)
  .split(",");
const names = only ?? Object.keys(scenarios);
const unknown = names.filter((name) => scenarios[name] === undefined);
if (unknown.length > 0) {
  console.error(`There is no row named ${unknown.join(", ")}. Rows: ${Object.keys(scenarios).join(", ")}.`);
  process.exit(2);
}
const pace: Pace = options.has("--quick")
  ? { rounds: 5, rampMs: 1_100, measuredMs: 1_200, restMs: 1_200 }
  : { rounds: 7, rampMs: 1_200, measuredMs: 3_000, restMs: 1_500 };

const stack = await startBenchStack();
try {
  const comparisons: Comparison[] = [];
  for (const name of names) {
    console.error(`${name}: filling`);
    for (const sides of (await scenarios[name]?.(stack)) ?? []) {
      console.error(`${sides.what}: ${pace.rounds} rounds`);
      const comparison = await compare(sides, pace);
      console.error(`  ratio ${comparison.ratio.toFixed(2)}`);
      comparisons.push(comparison);
    }
  }
  const costs = await costTable(stack);
  if (options.has("--json")) console.log(JSON.stringify({ pace, comparisons, costs }, null, 2));
  else printTable(comparisons, costs);
} finally {
  await stack.stop();
}
