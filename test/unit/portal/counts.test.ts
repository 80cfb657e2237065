import { expect, it } from "vitest";
import { formatCustomers } from "../../../workers/portal/components/labels/bulk.ts";
import { formatUnits } from "../../../workers/portal/components/labels/common.ts";
import { read, readSourceFiles } from "../../architecture/source-files.ts";

it.each([
  [0, "0 units", "0 customers"],
  [1, "1 unit", "1 customer"],
  [1_000, "1,000 units", "1,000 customers"],
])("%i is written with its noun in the right number", (count, units, customers) => {
  expect([formatUnits(count), formatCustomers(count)]).toEqual([units, customers]);
});

it("no page writes “1 units” or “1 customers”: a count is written with its noun by one function", () => {
  const wrong = /formatCount\((?:[^()]|\([^()]*\))*\)\}? (?:units|customers)\b/;
  const pages = readSourceFiles("workers/portal/pages").map(({ path }) => path);
  expect(pages.length).toBeGreaterThan(100);
  expect(pages.filter((path) => wrong.test(read(path)))).toEqual([]);
});
