import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { isTestFile, read, readSourceFiles, resolveImport, root } from "./source-files.ts";

/** The rules of docs/architecture.md that imports, names and sizes can show. */

const workers = ["runtime", "portal", "deliveries"];
/** Workers of development. Nothing that is deployed imports them. */
const devWorkers = ["gateway", "pocket-stripe"];
const devFolders = [
  ...devWorkers,
  "bench",
  "browser",
  "demo-data",
  "entries",
  "estimate",
  "screenshots",
  "seed",
  "stack",
  "stripe-process",
  "wrangler",
];
const sharedFolders = ["contract", "db", "domain", "kit", "operations", "stripe", "webhooks"];

/**
 * The folders and packages that each part may import. The order of layers is workers, then `shared/db`,
 * `shared/stripe` and `shared/webhooks`, then `shared/domain`, with `shared/kit` and `shared/contract` below.
 */
const rules: { part: RegExp; folders: RegExp; packages: RegExp }[] = [
  { part: /^shared\/contract\//, folders: /^shared\/contract\//, packages: /^zod$/ },
  { part: /^shared\/domain\//, folders: /^shared\/(domain|contract)\//, packages: /^$/ },
  { part: /^shared\/kit\//, folders: /^shared\/(kit|contract)\//, packages: /^node:crypto$/ },
  { part: /^shared\/db\//, folders: /^shared\/(db|domain|contract|kit)\//, packages: /^drizzle-orm(\/.+)?$/ },
  { part: /^shared\/stripe\//, folders: /^shared\/(stripe|domain|contract|kit)\//, packages: /^stripe$/ },
  { part: /^shared\/webhooks\//, folders: /^shared\/(webhooks|contract|kit)\//, packages: /^node:crypto$/ },
  {
    part: /^shared\/operations\//,
    folders: /^shared\/(operations|db|domain|contract|kit)\//,
    packages: /^$/,
  },
  // The core has no dependency and nothing of the service; `licenzy/testing` has the service's rules.
  { part: /^sdk\/src\/testing\//, folders: /^(sdk\/src|shared\/(contract|domain|kit))\//, packages: /^zod$/ },
  // Bundled into one file for Node, so its parser and the service's rules are no dependencies of the package.
  {
    part: /^sdk\/src\/cli\//,
    folders: /^(sdk\/(src\/(?!testing\/)|package\.json$)|shared\/webhooks\/|scripts\/export\/)/,
    packages: /^(commander|node:\w+(\/promises)?)$/,
  },
  { part: /^sdk\/src\//, folders: /^sdk\/src\/(?!(testing|cli)\/)/, packages: /^$/ },
  {
    part: /^dev\/entries\//,
    folders: /^(dev\/entries|shared|workers\/(runtime|deliveries))\//,
    packages: /^(cloudflare:workers|drizzle-orm(\/d1)?)$/,
  },
  {
    part: /^dev\/(bench|browser|demo-data|estimate|screenshots|seed|stack|stripe-process|wrangler)\//,
    folders: /^(dev|docs-site|shared|workers|scripts\/islands)\//,
    packages: /./,
  },
  // Builds the documentation site on the developer's machine: catalogs and reference come from the code.
  {
    part: /^docs-site\/theme\//,
    folders: /^docs-site\/theme\//,
    packages: /^minisearch$/,
  },
  {
    part: /^docs-site\//,
    folders: /^(docs-site|shared|scripts\/sdk|workers\/runtime\/(http\/api-tags|routes\/reference-model))/,
    packages: /^(node:\w+(\/\w+)?|esbuild|highlight\.js\/.+|hono\/(html|jsx)|markdown-it|minisearch)$/,
  },
  ...[...workers.map((name) => `workers/${name}`), ...devWorkers.map((name) => `dev/${name}`)].map(
    (worker) => ({
      part: new RegExp(`^${worker}/`),
      folders: new RegExp(`^(${worker}|shared)/`),
      packages:
        worker === "workers/portal"
          ? /^(node:\w+|hono(\/.+)?|zod|drizzle-orm(\/.+)?|better-auth\/.+|uqr|d3-scale|d3-shape|lucide-static\/.+|@fontsource-variable\/.+)$/
          : /^(cloudflare:workers|node:\w+|hono(\/.+)?|stripe|zod|@hono\/zod-openapi|drizzle-orm(\/.+)?)$/,
    }),
  ),
];

/** Written by `npm run sdk:types`. */
const generated = "sdk/src/contract.ts";

/** What a test next to a rule may import in addition to what the rule may import. */
const testFolders = /^test\/unit\//;
const testPackages = /^(vitest|fast-check|standardwebhooks)$/;

const all = ["shared", "workers", "dev", "docs-site/generator", "docs-site/theme", "sdk/src"].flatMap(
  (folder) => readSourceFiles(folder),
);
const files = all.filter(({ path }) => !isTestFile(path));
const tests = all.filter(({ path }) => isTestFile(path));

/** Returns one line for each import of `path` that the rules do not allow. */
function findBreaches(path: string, imports: string[]): string[] {
  const rule = rules.find(({ part }) => part.test(path));
  if (rule === undefined) return [`${path} belongs to no part`];
  const isTest = isTestFile(path);
  return imports
    .filter((specifier) => {
      const target = resolveImport(path, specifier);
      if (target === null)
        return !(rule.packages.test(specifier) || (isTest && testPackages.test(specifier)));
      if (isTestFile(target)) return true;
      return !(rule.folders.test(target) || (isTest && testFolders.test(target)));
    })
    .map((specifier) => `${path} imports ${specifier}`);
}

describe("imports", () => {
  it("the import reader sees every source file, and imports in nearly all of them", () => {
    // Lower counts would mean that the reader misses files, not that the repository became smaller.
    expect(files.length).toBeGreaterThan(120);
    expect(files.filter(({ imports }) => imports.length > 0).length).toBeGreaterThan(files.length * 0.7);
    expect(tests.length).toBeGreaterThan(15);
    expect(tests.every(({ imports }) => imports.includes("vitest"))).toBe(true);
  });

  it("the import rules report an import against the direction and an import of a test", () => {
    expect(findBreaches("shared/domain/x.ts", ["./y.ts", "../contract/z.ts"])).toEqual([]);
    expect(findBreaches("shared/domain/x.ts", ["../kit/ids.ts", "vitest", "./x.test.ts"])).toEqual([
      "shared/domain/x.ts imports ../kit/ids.ts",
      "shared/domain/x.ts imports vitest",
      "shared/domain/x.ts imports ./x.test.ts",
    ]);
    expect(findBreaches("shared/domain/x.ts", ["../../test/unit/entitlements.ts"])).toHaveLength(1);
    expect(findBreaches("shared/domain/x.test.ts", ["./x.ts", "../../test/unit/x.ts", "vitest"])).toEqual([]);
    expect(findBreaches("shared/domain/x.test.ts", ["../db/x.ts"])).toHaveLength(1);
    expect(findBreaches("workers/runtime/x.ts", ["../portal/y.ts"])).toHaveLength(1);
    expect(
      findBreaches("sdk/src/x.ts", ["./y.ts", "../../shared/domain/y.ts", "zod", "./testing/y.ts"]),
    ).toHaveLength(3);
  });

  it("the repository has no worker, shared or development folder that the import rules do not name", () => {
    expect(readdirSync(join(root, "workers")).toSorted()).toEqual(workers.toSorted());
    const shared = readdirSync(join(root, "shared"), { withFileTypes: true }).map(({ name }) => name);
    expect(shared.toSorted()).toEqual(sharedFolders.toSorted());
    const dev = readdirSync(join(root, "dev"), { withFileTypes: true }).filter((entry) =>
      entry.isDirectory(),
    );
    expect(dev.map(({ name }) => name).toSorted()).toEqual(devFolders.toSorted());
  });

  it("every file imports only from the layers below it, and no worker imports another worker", () => {
    expect(all.flatMap(({ path, imports }) => findBreaches(path, imports))).toEqual([]);
  });

  it("every test next to a rule tests a file of the same name", () => {
    const paths = new Set(files.map(({ path }) => path));
    expect(
      tests.map(({ path }) => path.replace(".test.ts", ".ts")).filter((path) => !paths.has(path)),
    ).toEqual([]);
  });

  it("the domain uses no clock, I/O or waiting", () => {
    const forbidden = /\b(Date\.now|new Date\(\)|async |await |fetch\(|crypto\.|Math\.random|setTimeout)/;
    const breaches = files
      .filter(({ path }) => path.startsWith("shared/domain/"))
      .filter(({ path }) => forbidden.test(read(path).replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, "")))
      .map(({ path }) => path);
    expect(breaches).toEqual([]);
  });

  it("every file has a kebab-case name, and every file but a test has at most 260 lines", () => {
    const breaches = all.flatMap(({ path }) => {
      const name = path.split("/").at(-1) ?? "";
      const lines = read(path).split("\n").length;
      return [
        ...(/^[a-z0-9]+(-[a-z0-9]+)*(\.d|\.test)?\.tsx?$/.test(name) ? [] : [`${path} is not kebab-case`]),
        ...(lines <= 260 || isTestFile(path) || path === generated ? [] : [`${path} has ${lines} lines`]),
      ];
    });
    expect(breaches).toEqual([]);
  });
});
