import { existsSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { read, root, toRepositoryPath } from "./source-files.ts";

/** Documents and code agree: every file that is named exists, and everything that must be documented is. */

const folders = [
  "dev",
  "docs",
  "docs-site/generator",
  "docs-site/theme",
  "migrations",
  "scripts",
  "sdk/src",
  "shared",
  "test",
  "workers",
];
const textFile = /\.(md|ts|tsx|toml|json|sql|sh)$/;

const listTextFiles = (folder: string, options: { recursive: boolean }) =>
  readdirSync(join(root, folder), { ...options, withFileTypes: true })
    .filter((entry) => entry.isFile() && textFile.test(entry.name) && entry.name !== "package-lock.json")
    .map((entry) => toRepositoryPath(join(entry.parentPath, entry.name)));

const files = [
  ...listTextFiles(".", { recursive: false }),
  ...folders.flatMap((folder) => listTextFiles(folder, { recursive: true })),
];
const documents = files.filter((path) => path.endsWith(".md"));

/** Returns the paths that `text` names, relative to the repository or to the folder of its file. */
function findMentions(path: string, text: string): string[] {
  const pages = [
    ...text.matchAll(/(?<![\w./:-])(?:docs\/[\w-]+(?:\/[\w-]+)*(?:\.\w+)?|(?:[\w-]+\/)*[\w-]+\.md)\b/g),
  ];
  const found = pages.map(([mention]) => mention);
  if (path.endsWith(".md")) {
    const quoted = text.matchAll(/`((?:dev|docs|migrations|scripts|sdk|shared|test|workers)\/[^`\s]*)`/g);
    const links = text.matchAll(/\]\(([^)\s]+)\)/g);
    for (const [, mention = ""] of [...quoted, ...links]) found.push(mention);
  }
  // A URL or a placeholder has the form of a path.
  return found.filter((mention) => !/^https?:|[<…]|NNNN/.test(mention));
}

function exists(path: string, mention: string): boolean {
  if (/^docs\/decisions\/\d{4}$/.test(mention)) return files.some((file) => file.startsWith(`${mention}-`));
  return existsSync(join(root, mention)) || existsSync(join(root, dirname(path), mention));
}

const findBroken = (path: string, text: string) =>
  findMentions(path, text)
    .filter((mention) => !exists(path, mention))
    .map((mention) => `${path} names ${mention}`);

describe("names in documents and code", () => {
  it("the reader finds names of missing files in code and in documents, and many names overall", () => {
    expect(findBroken("shared/x.ts", "// see docs/nowhere.md and docs/decisions/9999.")).toEqual([
      "shared/x.ts names docs/nowhere.md",
      "shared/x.ts names docs/decisions/9999",
    ]);
    expect(
      findBroken("docs/x.md", "[there](storage.md), [not](gone.md), `shared/gone/`, `shared/kit/`"),
    ).toEqual(["docs/x.md names gone.md", "docs/x.md names shared/gone/", "docs/x.md names gone.md"]);
    const fromCode = files
      .filter((path) => !path.endsWith(".md"))
      .flatMap((path) => findMentions(path, read(path)));
    expect(fromCode.length).toBeGreaterThan(10);
    expect(documents.flatMap((path) => findMentions(path, read(path))).length).toBeGreaterThan(100);
  });

  it("every file that a document or a comment names exists", () => {
    const here = toRepositoryPath(import.meta.filename);
    // A superseded record describes the code of its time.
    const isHistory = (path: string) => /^Status: superseded/m.test(read(path));
    const checked = files.filter((path) => path !== here && !isHistory(path));
    expect(checked.flatMap((path) => findBroken(path, read(path)))).toEqual([]);
  });

  it("every npm command that a document names exists in package.json", () => {
    const { scripts } = JSON.parse(read("package.json")) as { scripts: Record<string, string> };
    const unknown = documents.flatMap((path) =>
      [...read(path).matchAll(/npm run ([\w-]+(?::\w+)?)/g)]
        .filter(([, name = ""]) => scripts[name] === undefined)
        .map(([command]) => `${path} names ${command}`),
    );
    expect(unknown).toEqual([]);
  });
});

describe("decision records", () => {
  const records = files.filter((path) => /^docs\/decisions\/(?!README\.md$)/.test(path)).toSorted();

  it("decision records are numbered from 0001 without gaps and have one page each", () => {
    expect(records.length).toBeGreaterThanOrEqual(8);
    for (const [index, path] of records.entries()) {
      const number = String(index + 1).padStart(4, "0");
      expect(path).toMatch(new RegExp(`^docs/decisions/${number}-[a-z0-9-]+\\.md$`));
      expect(read(path)).toMatch(new RegExp(`^# ${number}\\. \\S`));
      expect(read(path).split("\n").length).toBeLessThan(60);
    }
  });

  it.each(records)("%s has the required sections and names existing tests that hold it", (path) => {
    const sections = [...read(path).matchAll(/^## (.+)$/gm)].map((match) => match[1]);
    expect(sections).toEqual(["Context", "Decision", "Consequences", "Alternatives", "Held by"]);
    const heldBy = read(path).split("\n## Held by\n")[1] ?? "";
    const tests = [...heldBy.matchAll(/`((?:test|shared)\/[^`]+\.test\.ts)`/g)].map(
      (match) => match[1] ?? "",
    );
    expect(tests.length).toBeGreaterThan(0);
    for (const test of tests) expect(existsSync(join(root, test)), `${test} exists`).toBe(true);
  });
});

describe("required documentation", () => {
  it("docs/storage.md documents every table", () => {
    const findNames = (folder: string, pattern: RegExp) =>
      files
        .filter((path) => path.startsWith(folder))
        .flatMap((path) => [...read(path).matchAll(pattern)].map((match) => match[1] ?? ""));
    const tables = [
      ...findNames("shared/db/tables/", /sqliteTable\(\s*"(\w+)"/g),
      ...findNames("workers/runtime/", /CREATE TABLE (?:IF NOT EXISTS )?(\w+)/g),
    ];
    expect(tables.length).toBeGreaterThan(14);
    const page = read("docs/storage.md");
    expect(tables.filter((table) => !page.includes(`| \`${table}\` |`))).toEqual([]);
  });

  it("docs/observability.md documents every event that a worker logs", () => {
    const events = files
      .filter((path) => /^(shared|workers)\/.*(?<!\.test)\.tsx?$/.test(path))
      .flatMap((path) => [...read(path).matchAll(/\blog\(\s*[^,()]+,\s*"([\w.]+)"/g)])
      .map(([, event = ""]) => event);
    expect(events.length).toBeGreaterThan(40);
    const page = read("docs/observability.md");
    expect(events.filter((event) => !page.includes(`\`${event}\``))).toEqual([]);
  });

  it("CONTRIBUTING.md documents exactly the development controls that exist", () => {
    const findPaths = (path: string, pattern: RegExp) =>
      [...read(path).matchAll(pattern)].map((match) => match[1] ?? "");
    const gateway = "dev/gateway/";
    const controls = [
      ...findPaths(`${gateway}controls.ts`, /case "((?:GET|POST) \/__dev\/[\w/-]+)"/g),
      ...findPaths("dev/pocket-stripe/controls/handle-control.ts", /^ {2}"(\/control\/[\w/:]+)": /gm).map(
        (path) => `POST /pocket-stripe${path}`,
      ),
    ];
    expect(controls.length).toBeGreaterThan(15);
    const documented = findPaths("CONTRIBUTING.md", /^\| `((?:GET|POST) \/[^`]+)`/gm);
    // Four controls are not in those two tables: three match by path prefix, and one has another method.
    const others = [
      "POST /__dev/provision/<function>",
      "POST /__dev/webhooks/<function>",
      "GET /__dev/shop",
      "GET /pocket-stripe/control/state",
    ];
    expect(documented.toSorted()).toEqual([...controls, ...others].toSorted());
  });

  it("CONTRIBUTING.md documents the arguments of exactly the functions that the gateway calls", () => {
    const lists = read("dev/gateway/env.ts").matchAll(/export const \w+Functions = \[([^\]]+)\]/g);
    const functions = [...lists].flatMap(([, names = ""]) =>
      [...names.matchAll(/"(\w+)"/g)].map(([, name]) => name),
    );
    expect(functions.length).toBeGreaterThan(15);
    const documented = [...read("CONTRIBUTING.md").matchAll(/^\| `(\w+)` \| `\[/gm)].map(([, name]) => name);
    expect(documented.toSorted()).toEqual(functions.toSorted());
  });
});
