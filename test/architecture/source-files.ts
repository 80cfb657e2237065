import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";

export const root = resolve(import.meta.dirname, "../..");

/** Returns the text of the file at `path`, which is relative to the repository. */
export const read = (path: string) => readFileSync(join(root, path), "utf8");

/** Returns `path` relative to the repository, with forward slashes. */
export const toRepositoryPath = (path: string) => relative(root, path).split(sep).join("/");

export interface SourceFile {
  path: string;
  /** The specifiers of all imports and re-exports, types included. */
  imports: string[];
}

// Tools that load the compiler as a library see no imports under TypeScript 7 and report success. So this
// reads text.
const importPattern =
  /(?:^|\n)\s*(?:import|export)\s(?:[^"';]*?\sfrom\s)?["']([^"']+)["']|import\(\s*["']([^"']+)["']\s*\)/g;

/** Reads every TypeScript file below `folder`. Returns an empty list when the folder does not exist. */
export function readSourceFiles(folder: string): SourceFile[] {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name))
    .map((entry) => {
      const path = toRepositoryPath(join(entry.parentPath, entry.name));
      const imports = [...read(path).matchAll(importPattern)].map((match) => match[1] ?? match[2] ?? "");
      return { path, imports };
    })
    .toSorted((a, b) => (a.path < b.path ? -1 : 1));
}

/** Returns the file that a relative specifier names, or null for a package. */
export function resolveImport(path: string, specifier: string): string | null {
  return specifier.startsWith(".") ? toRepositoryPath(resolve(root, dirname(path), specifier)) : null;
}

export const isTestFile = (path: string) => path.endsWith(".test.ts");
