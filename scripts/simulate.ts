/**
 * `npm run simulate -- --customers 1000000 --projects 200`: simulates a day and prints how full and how busy the databases
 * are. docs/scaling.md says what is assumed.
 */
import { parseArgs } from "node:util";
import { simulateDay } from "../dev/estimate/day.ts";
import { dayTables, defaultDay } from "../dev/estimate/day-tables.ts";

const usage = "npm run simulate -- [--customers 1000000] [--projects 200] [--seed 1]";

try {
  const number = { type: "string" } as const;
  const { values } = parseArgs({
    options: { customers: number, projects: number, seed: number, help: { type: "boolean" } },
  });
  if (values.help === true) console.log(usage);
  else {
    const day = simulateDay({
      customers: readNumber("customers", values.customers, defaultDay.customers),
      projects: readNumber("projects", values.projects, defaultDay.projects),
      seed: readNumber("seed", values.seed, defaultDay.seed),
    });
    console.log(dayTables(day).join("\n"));
  }
} catch (error) {
  console.error(`${error instanceof Error ? error.message : error}\n\n${usage}`);
  process.exitCode = 1;
}

function readNumber(name: string, text: string | undefined, fallback: number): number {
  if (text === undefined) return fallback;
  const value = Number(text.replaceAll(",", ""));
  if (!Number.isInteger(value) || value < 1)
    throw new Error(`--${name} must be a whole number from 1, not ${JSON.stringify(text)}.`);
  return value;
}
