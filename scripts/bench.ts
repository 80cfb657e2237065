/**
 * `npm run bench`: the speed table, each row next to its floor in the same workerd and the same run; the portal's pages
 * with 100,000 rows; the delay of webhooks; and the access audit.
 * `npm run bench -- --json` prints JSON only, `--only=check,pages` some rows, `--quick` fewer rounds.
 */
import { timeAudits } from "../dev/bench/audits.ts";
import { startBenchStack } from "../dev/bench/bench-stack.ts";
import { type Comparison, compare, type Pace } from "../dev/bench/compare.ts";
import { type Cost, costTable } from "../dev/bench/cost.ts";
import { timePages } from "../dev/bench/pages.ts";
import { type RegionTimes, timeRegions } from "../dev/bench/regions.ts";
import { scenarios } from "../dev/bench/scenarios.ts";
import { printTables } from "../dev/bench/table.ts";
import { timeDeliveries } from "../dev/bench/webhooks.ts";

const options = new Set(process.argv.slice(2));
const only = process.argv
  .find((argument) => argument.startsWith("--only="))
  ?.slice("--only=".length)
  .split(",");
const all = [...Object.keys(scenarios), "cost", "regions", "pages", "webhooks", "audit"];
const names = only ?? all;
const unknown = names.filter((name) => !all.includes(name));
if (unknown.length > 0) {
  console.error(`There is no row named ${unknown.join(", ")}. Rows: ${all.join(", ")}.`);
  process.exit(2);
}
/** Most rows are measured in many short turns, so that a change of the machine's speed affects both sides. */
const short: Pace = { rounds: options.has("--quick") ? 40 : 120, rampMs: 100, measuredMs: 300 };
/** A turn long enough for a hundredth of its requests to be many. */
const tail: Pace = { rounds: options.has("--quick") ? 4 : 12, rampMs: 500, measuredMs: 4_000 };
/**
 * Rows that flush to D1 need long turns: a subject under constant use is flushed once in 30 s. So each subject is flushed
 * once in the measured time, and the rest of the other side is flushed before it.
 */
const long: Pace = { rounds: options.has("--quick") ? 2 : 4, rampMs: 32_000, measuredMs: 30_000 };

/** All of them at once fit into one local workerd. */
const auditedCustomers = options.has("--quick") ? 100 : 600;

/** At least two leases of each subject. */
const regionsMs = options.has("--quick") ? 30_000 : 100_000;

const { comparisons, costs, regions } = await compareWithFloors();
const pages = names.includes("pages") ? await timePages() : [];
const deliveries = names.includes("webhooks") ? await timeDeliveries() : [];
const audits = names.includes("audit") ? await timeAudits(auditedCustomers) : [];
if (options.has("--json"))
  console.log(
    JSON.stringify(
      { paces: { short, tail, long }, comparisons, costs, regions, pages, deliveries, audits },
      null,
      2,
    ),
  );
else printTables({ comparisons, costs, regions, pages, deliveries, audits });

async function compareWithFloors(): Promise<{
  comparisons: Comparison[];
  costs: Cost[];
  regions: RegionTimes | null;
}> {
  const comparisons: Comparison[] = [];
  const chosen = names.filter((name) => scenarios[name] !== undefined);
  if (chosen.length === 0 && !names.includes("cost") && !names.includes("regions"))
    return { comparisons, costs: [], regions: null };
  const stack = await startBenchStack();
  try {
    for (const name of chosen) {
      console.error(`${name}: filling`);
      for (const sides of (await scenarios[name]?.(stack)) ?? []) {
        const pace = sides.isTail ? tail : sides.isFlushed ? long : short;
        console.error(`${sides.what}: ${pace.rounds} rounds`);
        const comparison = await compare(sides, pace);
        console.error(`  ratio ${comparison.ratio.toFixed(2)}`);
        comparisons.push(comparison);
      }
    }
    const costs = names.includes("cost") ? await costTable(stack) : [];
    const regions = names.includes("regions") ? await timeRegions(stack, regionsMs) : null;
    return { comparisons, costs, regions };
  } finally {
    await stack.stop();
  }
}
