import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { read, root } from "./source-files.ts";

const listFolders = (path: string) =>
  existsSync(join(root, path))
    ? readdirSync(join(root, path), { withFileTypes: true })
        .filter((entry) => entry.isDirectory() && !entry.name.startsWith("."))
        .map(({ name }) => `${path}/${name}`)
    : [];

/** Returns the paths in the first column of the table under `## Folders`, without a trailing slash. */
function readFolderTable(text: string): string[] {
  const [, section = ""] = /^## Folders\n([\s\S]*?)(?=^## |$(?![\s\S]))/m.exec(text) ?? [];
  return [...section.matchAll(/^\| `([^`]+)`/gm)].map(([, path = ""]) => path.replace(/\/$/, ""));
}

const documented = readFolderTable(read("docs/architecture.md"));

/**
 * The folders that the table must list: every worker and shared folder, and the folders of each deployed
 * worker.
 */
const onDisk = [
  "workers",
  "shared",
  "dev",
  "sdk/src",
  "workers/runtime",
  "workers/portal",
  "workers/deliveries",
].flatMap(listFolders);

describe("folders in docs/architecture.md", () => {
  it("the table reader finds the paths of the section and of no other", () => {
    const text =
      "## A\n| `x/` | |\n## Folders\n\n| path | role |\n| --- | --- |\n| `a/b/` | c |\n| `d` | e |\n";
    expect(readFolderTable(`${text}## B\n| \`y/\` | |\n`)).toEqual(["a/b", "d"]);
    expect(readFolderTable(text)).toEqual(["a/b", "d"]);
    expect(readFolderTable("## A\n| `x/` | |\n")).toEqual([]);
  });

  it("docs/architecture.md lists every folder of workers, shared and the deployed workers", () => {
    expect(onDisk.length).toBeGreaterThan(25);
    expect(onDisk.filter((path) => !documented.includes(path))).toEqual([]);
  });

  it("docs/architecture.md lists no folder that does not exist, and none twice", () => {
    expect(documented.filter((path) => !existsSync(join(root, path)))).toEqual([]);
    expect(documented.filter((path, index) => documented.indexOf(path) !== index)).toEqual([]);
  });
});
