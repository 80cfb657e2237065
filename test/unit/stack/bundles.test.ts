import { expect, it } from "vitest";
import { buildWorkers } from "../../../dev/stack/build.ts";

it("no DEV binding is in the options that a deployment is made of", async () => {
  const bundles = await buildWorkers();
  expect(bundles.length).toBe(5);
  for (const bundle of bundles) expect(JSON.stringify(bundle)).not.toMatch(/"DEV"/);
}, 60_000);
