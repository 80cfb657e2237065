import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { rootDir } from "./paths.ts";

/** The files that can change a bundle. package-lock.json represents node_modules. */
const inputs = [
  "dev/entries",
  "dev/gateway",
  "dev/pocket-stripe",
  "workers",
  "shared",
  "wrangler.toml",
  "tsconfig.json",
  "package.json",
  "package-lock.json",
  "dev/stack/build.ts",
  "scripts/build-islands.ts",
  "scripts/islands",
];

/** Hashes names and contents of all sources of a bundle. Takes tens of milliseconds. */
export async function hashSources(): Promise<string> {
  const files = (await Promise.all(inputs.map((input) => listFiles(join(rootDir, input))))).flat().sort();
  const contents = await Promise.all(files.map((file) => readFile(file)));
  const hash = createHash("sha256");
  files.forEach((file, index) => {
    const content = contents[index] ?? Buffer.alloc(0);
    hash.update(`${relative(rootDir, file)}\0${content.length}\0`).update(content);
  });
  return hash.digest("hex").slice(0, 24);
}

async function listFiles(path: string): Promise<string[]> {
  const entries = await readdir(path, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOTDIR") return undefined;
    throw error;
  });
  if (entries === undefined) return [path];
  // Dot entries (editor files, .wrangler) and tests are never part of a bundle.
  const bundled = entries.filter(
    ({ name }) => !name.startsWith(".") && name !== "node_modules" && !name.endsWith(".test.ts"),
  );
  return (await Promise.all(bundled.map((entry) => listFiles(join(path, entry.name))))).flat();
}
