/**
 * Compiles workers/portal/islands/main.ts to one minified module that the portal serves as text. Run by wrangler
 * before it bundles the portal; the folder begins with a dot because it is made, not written.
 */
import { randomUUID } from "node:crypto";
import { mkdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { build } from "esbuild";

const folder = join(import.meta.dirname, "../workers/portal/islands");
const { outputFiles } = await build({
  entryPoints: [join(folder, "main.ts")],
  bundle: true,
  minify: true,
  write: false,
  format: "esm",
  target: "es2022",
  legalComments: "none",
});

// By a rename: builds of several test files may run at once, and each must find a whole file.
const built = join(folder, ".built");
await mkdir(built, { recursive: true });
const temporary = join(built, `${randomUUID()}.tmp`);
await writeFile(temporary, outputFiles[0]?.contents ?? "");
await rename(temporary, join(built, "main.txt"));
