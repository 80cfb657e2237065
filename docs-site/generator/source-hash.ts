import { createHash } from "node:crypto";
import { readdir, readFile, stat } from "node:fs/promises";
import { join, relative } from "node:path";

const root = join(import.meta.dirname, "../..");

/** What can change the site: its sources, what catalogs and reference are generated from, and the tools. */
const inputs = [
  "docs-site/generator",
  "docs-site/pages",
  "docs-site/theme",
  "docs-site/navigation.ts",
  "docs/screenshots",
  "shared",
  "workers/runtime",
  "sdk/README.md",
  "CHANGELOG.md",
  "package-lock.json",
];

/** Hashes names and contents of all inputs. Takes tens of milliseconds. */
export async function hashSiteSources(): Promise<string> {
  const files = (await Promise.all(inputs.map((input) => listFiles(join(root, input))))).flat().sort();
  const contents = await Promise.all(files.map((file) => readFile(file)));
  const hash = createHash("sha256");
  for (const [index, content] of contents.entries())
    hash.update(`${relative(root, files[index] ?? "")}\0${content.length}\0`).update(content);
  return hash.digest("hex");
}

async function listFiles(path: string): Promise<string[]> {
  if (!(await stat(path)).isDirectory()) return [path];
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
}
