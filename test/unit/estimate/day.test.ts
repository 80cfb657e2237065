import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { divideDay, simulateDay } from "../../../dev/estimate/day.ts";
import { dayTables, defaultDay } from "../../../dev/estimate/day-tables.ts";
import { rootDir } from "../../../dev/stack/paths.ts";

const small = { customers: 3_000, projects: 10, seed: 7 };

describe("the simulated day", () => {
  it("is the tables of the document", () => {
    const page = readFileSync(join(rootDir, "docs/scaling.md"), "utf8");
    expect(page).toContain(dayTables(simulateDay(defaultDay)).join("\n"));
  });

  it("is the same for a seed, and another for another", () => {
    expect(dayTables(simulateDay(small))).toEqual(dayTables(simulateDay(small)));
    expect(dayTables(simulateDay({ ...small, seed: 8 }))).not.toEqual(dayTables(simulateDay(small)));
  });

  it("is divided without a rest", () => {
    const day = simulateDay(small);
    const [whole] = divideDay(day, 1);
    const parts = divideDay(day, 3);
    expect(parts.map(({ projects }) => projects)).toEqual([4, 3, 3]);
    const sum = (of: (part: (typeof parts)[number]) => number) =>
      parts.reduce((total, part) => total + of(part), 0);
    expect(sum(({ customers }) => customers)).toBe(whole?.customers);
    expect(sum(({ gb }) => gb)).toBeCloseTo(whole?.gb ?? 0);
    expect(sum(({ meanRows }) => meanRows)).toBeCloseTo(whole?.meanRows ?? 0);
  });
});
