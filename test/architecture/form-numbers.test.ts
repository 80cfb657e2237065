import { expect, it } from "vitest";
import { isTestFile, read, readSourceFiles } from "./source-files.ts";

it("the portal reads a number of a form or query by parseWholeNumber only: Number() takes 0x10, 1e1 and nothing at all", () => {
  const files = readSourceFiles("workers/portal").filter(({ path }) => !isTestFile(path));
  expect(files.length).toBeGreaterThan(100);
  const found = files.flatMap(({ path }) =>
    [
      ...read(path).matchAll(
        /\b(?:Number|parseInt|parseFloat)\((?:await )?(?:\(await )?(?:read(?:Field|Form)|form\b|c\.req\.query)/g,
      ),
    ].map(([text]) => `${path}: ${text}`),
  );
  expect(found).toEqual([]);
});
