/**
 * `npm run estimate -- --checks 1000000`: prints what a month on Cloudflare costs, from the rows that operations touch and
 * the list prices. docs/scaling.md says what is counted and what is assumed.
 */
import { parseArgs } from "node:util";
import { type Load, typicalLoad } from "../dev/estimate/estimate.ts";
import { caveat, loadTable, scalingTable } from "../dev/estimate/tables.ts";

const usage = `npm run estimate -- [--checks 1000000] [--consumes N] [--customers N] [--deliveries N] [--stripe-events N] [--log-share 0.1]

Numbers are those of a month. What is left out follows from the checks. Without --checks: 10,000, 1 million and 100 million.`;

try {
  const number = { type: "string" } as const;
  const { values } = parseArgs({
    options: {
      checks: number,
      consumes: number,
      customers: number,
      deliveries: number,
      "stripe-events": number,
      "log-share": number,
      help: { type: "boolean" },
    },
  });
  if (values.help === true) console.log(usage);
  else if (values.checks === undefined) console.log([...scalingTable(), "", caveat].join("\n"));
  else {
    const typical = typicalLoad(readNumber("checks", values.checks, 0));
    const load: Load = {
      checks: typical.checks,
      consumes: readNumber("consumes", values.consumes, typical.consumes),
      customers: readNumber("customers", values.customers, typical.customers),
      deliveries: readNumber("deliveries", values.deliveries, typical.deliveries),
      stripeEvents: readNumber("stripe-events", values["stripe-events"], typical.stripeEvents),
      logShare: readNumber("log-share", values["log-share"], typical.logShare),
    };
    if (load.logShare > 1) throw new Error("--log-share is a share from 0 to 1.");
    console.log([...loadTable(load), "", caveat].join("\n"));
  }
} catch (error) {
  console.error(`${error instanceof Error ? error.message : error}\n\n${usage}`);
  process.exitCode = 1;
}

function readNumber(name: string, text: string | undefined, fallback: number): number {
  if (text === undefined) return fallback;
  const value = Number(text.replaceAll(",", ""));
  if (text.trim() === "" || !Number.isFinite(value) || value < 0)
    throw new Error(`--${name} must be a number from 0, not ${JSON.stringify(text)}.`);
  return value;
}
