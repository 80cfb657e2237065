import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { countedRows } from "../../../dev/estimate/counted-rows.ts";
import { computeUsage, priceOf, totalOf, typicalLoad } from "../../../dev/estimate/estimate.ts";
import { pricesReadOn } from "../../../dev/estimate/prices.ts";
import { scalingTable } from "../../../dev/estimate/tables.ts";
import { rootDir } from "../../../dev/stack/paths.ts";

describe("the estimate of a month", () => {
  it("is the table of the document, with the date of the prices", () => {
    const page = readFileSync(join(rootDir, "docs/scaling.md"), "utf8");
    expect(page).toContain(scalingTable().join("\n"));
    expect(page).toContain(pricesReadOn);
  });

  it("charges only what goes beyond the included amount", () => {
    expect(priceOf("workerRequests", 10_000_000)).toBe(0);
    expect(priceOf("workerRequests", 110_000_000)).toBeCloseTo(30);
    expect(priceOf("d1Gb", 7)).toBeCloseTo(1.5);
  });

  it("counts the rows of checks and consumes exactly", () => {
    const quiet = { checks: 0, consumes: 0, customers: 0, deliveries: 0, stripeEvents: 0, logShare: 0 };
    expect(computeUsage({ ...quiet, checks: 1_000 }).objectRowsWritten).toBe(0);
    const { objectRowsWritten } = computeUsage({ ...quiet, consumes: 1_000 });
    expect(objectRowsWritten).toBe(1_000 * countedRows.consume.written);
  });

  it("falls with the share of lines, and never leaves out the refused ones", () => {
    const load = typicalLoad(100_000_000);
    const events = [1, 0.1, 0].map((logShare) => computeUsage({ ...load, logShare }).logEvents);
    expect(events).toEqual(events.toSorted((a, b) => b - a));
    expect(events[2]).toBeGreaterThan(0.02 * load.checks);
    expect(totalOf(computeUsage(load))).toBeGreaterThan(5);
  });
});
