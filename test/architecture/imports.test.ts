import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";
import { describe, expect, it } from "vitest";

/**
 * The house rules of docs/architecture.md, as far as imports show them. Read with our own eyes: tools that load the
 * compiler as a library see nothing under TypeScript 7 and report success.
 */
const root = resolve(import.meta.dirname, "../..");

const workers = ["runtime", "portal", "deliveries"];
/** Workers of development: they stand apart from what is deployed, and nothing that is deployed imports them. */
const devWorkers = ["gateway", "pocket-stripe"];
const devFolders = [...devWorkers, "bench", "browser", "entries", "screenshots", "seed", "stack", "wrangler"];
const sharedFolders = ["contract", "db", "domain", "kit", "operations", "stripe", "webhooks"];

/** What each part of the house may import: folders of this repository, and packages. */
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
  {
    part: /^dev\/entries\//,
    folders: /^(dev\/entries|shared|workers\/(runtime|deliveries))\//,
    packages: /^(cloudflare:workers|drizzle-orm(\/d1)?)$/,
  },
  {
    part: /^dev\/(bench|browser|screenshots|seed|stack|wrangler)\//,
    folders: /^(dev|shared|workers|scripts\/islands)\//,
    packages: /./,
  },
  ...[...workers.map((name) => `workers/${name}`), ...devWorkers.map((name) => `dev/${name}`)].map(
    (worker) => ({
      part: new RegExp(`^${worker}/`),
      folders: new RegExp(`^(${worker}|shared)/`),
      packages:
        worker === "workers/portal"
          ? /^(node:\w+|hono(\/.+)?|zod|drizzle-orm\/d1|better-auth\/.+|uqr)$/
          : /^(cloudflare:workers|node:\w+|hono(\/.+)?|stripe|zod|@hono\/zod-openapi)$/,
    }),
  ),
];

interface SourceFile {
  path: string;
  imports: string[];
}

const importPattern =
  /(?:^|\n)\s*(?:import|export)\s(?:[^"';]*?\sfrom\s)?["']([^"']+)["']|import\(\s*["']([^"']+)["']\s*\)/g;

function sourceFiles(folder: string): SourceFile[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name))
    .map((entry) => {
      const path = relative(root, join(entry.parentPath, entry.name)).split(sep).join("/");
      const text = readFileSync(join(root, path), "utf8");
      const imports = [...text.matchAll(importPattern)].map((match) => match[1] ?? match[2] ?? "");
      return { path, imports };
    });
}

const files = [...sourceFiles("shared"), ...sourceFiles("workers"), ...sourceFiles("dev")];

describe("the house", () => {
  it("sees every source file, and imports in nearly all of them", () => {
    // Fewer would mean that the reader went blind, not that the house got smaller.
    expect(files.length).toBeGreaterThan(120);
    expect(files.filter(({ imports }) => imports.length > 0).length).toBeGreaterThan(files.length * 0.7);
  });

  it("has no folder that the plan does not name", () => {
    expect(readdirSync(join(root, "workers")).toSorted()).toEqual(workers.toSorted());
    expect(readdirSync(join(root, "dev")).toSorted()).toEqual(devFolders.toSorted());
    const shared = readdirSync(join(root, "shared"), { withFileTypes: true }).map(({ name }) => name);
    expect(shared.toSorted()).toEqual(sharedFolders.toSorted());
  });

  it("imports one way: workers from shared, never from each other; domain and contract from nearly nothing", () => {
    const breaches = files.flatMap(({ path, imports }) => {
      const rule = rules.find(({ part }) => part.test(path));
      if (rule === undefined) return [`${path} belongs to no part of the house`];
      return imports
        .filter((specifier) => {
          if (!specifier.startsWith(".")) return !rule.packages.test(specifier);
          const target = relative(root, resolve(root, dirname(path), specifier))
            .split(sep)
            .join("/");
          return !rule.folders.test(target);
        })
        .map((specifier) => `${path} imports ${specifier}`);
    });
    expect(breaches).toEqual([]);
  });

  it("keeps clocks, I/O and waiting out of the domain", () => {
    const forbidden = /\b(Date\.now|new Date\(\)|async |await |fetch\(|crypto\.|Math\.random|setTimeout)/;
    const breaches = files
      .filter(({ path }) => path.startsWith("shared/domain/"))
      .filter(({ path }) =>
        forbidden.test(readFileSync(join(root, path), "utf8").replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, "")),
      )
      .map(({ path }) => path);
    expect(breaches).toEqual([]);
  });

  it("names files in kebab-case and keeps each to one screenful of subject", () => {
    const breaches = files.flatMap(({ path }) => {
      const name = path.split("/").at(-1) ?? "";
      const lines = readFileSync(join(root, path), "utf8").split("\n").length;
      return [
        ...(/^[a-z0-9]+(-[a-z0-9]+)*(\.d)?\.tsx?$/.test(name) ? [] : [`${path} is not kebab-case`]),
        ...(lines <= 260 ? [] : [`${path} has ${lines} lines`]),
      ];
    });
    expect(breaches).toEqual([]);
  });
});
