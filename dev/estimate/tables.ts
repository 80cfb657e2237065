import { computeUsage, type Load, priceOf, totalOf, typicalLoad } from "./estimate.ts";
import { type Meter, planPrice, prices, pricesReadOn } from "./prices.ts";

const count = (value: number) => Math.round(value).toLocaleString("en-US");
const dollars = (value: number) => `$${value.toFixed(2)}`;
const row = (cells: string[]) => `| ${cells.join(" | ")} |`;

/** Builds the table of one load, as lines of Markdown. */
export function loadTable(load: Load): string[] {
  const usage = computeUsage(load);
  const meters = Object.entries(usage) as [Meter, number][];
  return [
    row(["", "in a month", "included", "costs"]),
    row(["---", "---:", "---:", "---:"]),
    row(["Workers Paid plan", "", "", dollars(planPrice)]),
    ...meters.map(([meter, amount]) =>
      row([
        prices[meter].label,
        count(amount),
        count(prices[meter].included),
        dollars(priceOf(meter, amount)),
      ]),
    ),
    row(["**Total**", "", "", `**${dollars(totalOf(usage))}**`]),
  ];
}

/** Builds the table of typical loads, with the logs by the share of lines that is written, as lines of Markdown. */
export function scalingTable(): string[] {
  const loads = [10_000, 1_000_000, 100_000_000].map(typicalLoad);
  const withoutLogs = (load: Load) => {
    const usage = computeUsage(load);
    return totalOf(usage) - priceOf("logEvents", usage.logEvents);
  };
  const logs = (load: Load, logShare: number) =>
    dollars(priceOf("logEvents", computeUsage({ ...load, logShare }).logEvents));
  const line = (label: string, of: (load: Load) => string) => row([label, ...loads.map(of)]);
  return [
    line("checks in a month", ({ checks }) => count(checks)),
    row(["---", ...loads.map(() => "---:")]),
    line("consumes", ({ consumes }) => count(consumes)),
    line("customers", ({ customers }) => count(customers)),
    line("deliveries, and as many Stripe events", ({ deliveries }) => count(deliveries)),
    line("without logs", (load) => dollars(withoutLogs(load))),
    line("logs, every line", (load) => logs(load, 1)),
    line("logs, one line in ten (the default)", (load) => logs(load, 0.1)),
    line("logs, one line in a hundred", (load) => logs(load, 0.01)),
    line("**total, one line in ten**", (load) => `**${dollars(totalOf(computeUsage(load)))}**`),
  ];
}

/** What belongs to every figure. */
export const caveat = `List prices of the Workers Paid plan, read on ${pricesReadOn}. Cloudflare has announced another pricing of logs from 1 December 2026.`;
