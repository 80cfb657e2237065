import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";
import { describe, expect, it } from "vitest";

/** What documents and code say of each other: a page that is named is there, and what must be documented is. */
const root = resolve(import.meta.dirname, "../..");
const read = (path: string) => readFileSync(join(root, path), "utf8");

const folders = ["dev", "docs", "migrations", "scripts", "shared", "test", "workers"];
const textFile = /\.(md|ts|tsx|toml|json|sql|sh)$/;

const listed = (folder: string, options: { recursive: boolean }) =>
  readdirSync(join(root, folder), { ...options, withFileTypes: true })
    .filter((entry) => entry.isFile() && textFile.test(entry.name) && entry.name !== "package-lock.json")
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join("/"));

const files = [
  ...listed(".", { recursive: false }),
  ...folders.flatMap((folder) => listed(folder, { recursive: true })),
];
const documents = files.filter((path) => path.endsWith(".md"));

/** The paths of this repository that `text` names, from the root or from the folder of the file it stands in. */
function mentions(path: string, text: string): string[] {
  const pages = [
    ...text.matchAll(/(?<![\w./:-])(?:docs\/[\w-]+(?:\/[\w-]+)*(?:\.\w+)?|(?:[\w-]+\/)*[\w-]+\.md)\b/g),
  ];
  const found = pages.map(([mention]) => mention);
  if (path.endsWith(".md")) {
    const quoted = text.matchAll(/`((?:dev|docs|migrations|scripts|shared|test|workers)\/[^`\s]*)`/g);
    const links = text.matchAll(/\]\(([^)\s]+)\)/g);
    for (const [, mention = ""] of [...quoted, ...links]) found.push(mention);
  }
  // Not a path, but the form of one.
  return found.filter((mention) => !/^https?:|[<…]|NNNN/.test(mention));
}

function isThere(path: string, mention: string): boolean {
  if (/^docs\/decisions\/\d{4}$/.test(mention)) return files.some((file) => file.startsWith(`${mention}-`));
  return existsSync(join(root, mention)) || existsSync(join(root, dirname(path), mention));
}

const broken = (path: string, text: string) =>
  mentions(path, text)
    .filter((mention) => !isThere(path, mention))
    .map((mention) => `${path} names ${mention}`);

describe("what is named", () => {
  it("is found by the reader of this test, in code and in documents", () => {
    expect(broken("shared/x.ts", "// see docs/nowhere.md and docs/decisions/9999.")).toEqual([
      "shared/x.ts names docs/nowhere.md",
      "shared/x.ts names docs/decisions/9999",
    ]);
    expect(broken("docs/x.md", "[there](storage.md), [not](gone.md), `shared/gone/`, `shared/kit/`")).toEqual(
      ["docs/x.md names gone.md", "docs/x.md names shared/gone/", "docs/x.md names gone.md"],
    );
    const fromCode = files
      .filter((path) => !path.endsWith(".md"))
      .flatMap((path) => mentions(path, read(path)));
    expect(fromCode.length).toBeGreaterThan(10);
    expect(documents.flatMap((path) => mentions(path, read(path))).length).toBeGreaterThan(100);
  });

  it("exists", () => {
    const here = relative(root, import.meta.filename)
      .split(sep)
      .join("/");
    // A superseded record describes the code of its time.
    const isHistory = (path: string) => /^Status: superseded/m.test(read(path));
    const checked = files.filter((path) => path !== here && !isHistory(path));
    expect(checked.flatMap((path) => broken(path, read(path)))).toEqual([]);
  });

  it("as a command of npm is one", () => {
    const { scripts } = JSON.parse(read("package.json")) as { scripts: Record<string, string> };
    const unknown = documents.flatMap((path) =>
      [...read(path).matchAll(/npm run (\w+)/g)]
        .filter(([, name = ""]) => scripts[name] === undefined)
        .map(([command]) => `${path} names ${command}`),
    );
    expect(unknown).toEqual([]);
  });
});

describe("decision records", () => {
  const records = files.filter((path) => path.startsWith("docs/decisions/")).toSorted();

  it("are numbered from 0001 without gaps, one page each", () => {
    expect(records.length).toBeGreaterThanOrEqual(8);
    for (const [index, path] of records.entries()) {
      const number = String(index + 1).padStart(4, "0");
      expect(path).toMatch(new RegExp(`^docs/decisions/${number}-[a-z0-9-]+\\.md$`));
      expect(read(path)).toMatch(new RegExp(`^# ${number}\\. \\S`));
      expect(read(path).split("\n").length).toBeLessThan(60);
    }
  });

  it.each(records)("%s has its sections, and tests that hold it", (path) => {
    const sections = [...read(path).matchAll(/^## (.+)$/gm)].map((match) => match[1]);
    expect(sections).toEqual(["Context", "Decision", "Consequences", "Alternatives", "Held by"]);
    const heldBy = read(path).split("\n## Held by\n")[1] ?? "";
    const tests = [...heldBy.matchAll(/`(test\/[^`]+\.test\.ts)`/g)].map((match) => match[1] ?? "");
    expect(tests.length).toBeGreaterThan(0);
    for (const test of tests) expect(existsSync(join(root, test)), `${test} exists`).toBe(true);
  });
});

describe("what must be documented", () => {
  it("is every table, in docs/storage.md", () => {
    const namesIn = (folder: string, pattern: RegExp) =>
      files
        .filter((path) => path.startsWith(folder))
        .flatMap((path) => [...read(path).matchAll(pattern)].map((match) => match[1] ?? ""));
    const tables = [
      ...namesIn("shared/db/tables/", /sqliteTable\(\s*"(\w+)"/g),
      ...namesIn("workers/runtime/", /CREATE TABLE (?:IF NOT EXISTS )?(\w+)/g),
    ];
    expect(tables.length).toBeGreaterThan(14);
    const page = read("docs/storage.md");
    expect(tables.filter((table) => !page.includes(`| \`${table}\` |`))).toEqual([]);
  });

  it("is every development control, in CONTRIBUTING.md, and no other", () => {
    const pathsIn = (path: string, pattern: RegExp) =>
      [...read(path).matchAll(pattern)].map((match) => match[1] ?? "");
    const gateway = "dev/gateway/";
    const controls = [
      ...pathsIn(`${gateway}controls.ts`, /case "((?:GET|POST) \/__dev\/[\w/]+)"/g),
      ...pathsIn("dev/pocket-stripe/controls/answer-control.ts", /^ {2}"(\/control\/[\w/:]+)": /gm).map(
        (path) => `POST /pocket-stripe${path}`,
      ),
    ];
    expect(controls.length).toBeGreaterThan(15);
    const documented = pathsIn("CONTRIBUTING.md", /^\| `((?:GET|POST) \/[^`]+)`/gm);
    // Four are told apart by other means than those two tables: three by their paths' beginning, one has a method of its own.
    const others = [
      "POST /__dev/provision/<function>",
      "POST /__dev/webhooks/<function>",
      "GET /__dev/shop",
      "GET /pocket-stripe/control/state",
    ];
    expect(documented.toSorted()).toEqual([...controls, ...others].toSorted());
  });
});
