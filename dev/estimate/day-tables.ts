import {
  type DatabaseDay,
  type Day,
  type DayOptions,
  databaseLimits,
  divideDay,
  objectConsumesPerSecond,
} from "./day.ts";

export const defaultDay: DayOptions = { customers: 1_000_000, projects: 200, seed: 1 };
const databaseCounts = [1, 2, 4, 6, 8];

const count = (value: number) => Math.round(value).toLocaleString("en-US");
const row = (cells: string[]) => `| ${cells.join(" | ")} |`;

/** Builds the tables of a day as lines of Markdown: what happened, and the fullest database by how many there are. */
export function dayTables(day: Day): string[] {
  const sum = (of: (project: Day["projects"][number]) => number) =>
    count(day.projects.reduce((total, project) => total + of(project), 0));
  const fullest = databaseCounts.map((number) => {
    const databases = divideDay(day, number);
    const most = (of: (database: DatabaseDay) => number) => Math.max(...databases.map(of));
    return row([
      String(number),
      count(most(({ customers }) => customers)),
      mark(most(({ gb }) => gb).toFixed(1), most(({ gb }) => gb) > databaseLimits.gb),
      count(most(({ meanRows }) => meanRows)),
      mark(
        count(most(({ peakRows }) => peakRows)),
        most(({ peakRows }) => peakRows) > databaseLimits.rowsPerSecond,
      ),
      `${most(({ longestWaitSeconds }) => longestWaitSeconds).toFixed(1)} s`,
    ]);
  });
  return [
    row(["a day", ""]),
    row(["---", "---:"]),
    row(["customers", sum(({ customers }) => customers)]),
    row([
      "customers of the largest project",
      count(Math.max(...day.projects.map(({ customers }) => customers))),
    ]),
    row(["consumes", sum(({ consumes }) => consumes)]),
    row(["flushes to D1", sum(({ flushes }) => flushes)]),
    row(["Stripe events", sum(({ stripeEvents }) => stripeEvents)]),
    row(["deliveries", sum(({ deliveries }) => deliveries)]),
    row([
      "consumes a second of the busiest customer",
      `${count(day.peakConsumesPerSecond)} of ${count(objectConsumesPerSecond)}`,
    ]),
    "",
    row(["databases", "customers", "GB", "rows a second", "in the busiest minute", "longest wait"]),
    row(["---:", "---:", "---:", "---:", "---:", "---:"]),
    ...fullest,
  ];
}

const mark = (text: string, isBeyond: boolean) => (isBeyond ? `**${text}**` : text);
