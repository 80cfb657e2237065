import { randomUUID } from "node:crypto";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type BuildOptions, build, context, type OutputFile } from "esbuild";

const folder = join(import.meta.dirname, "../../workers/portal/islands");
/** Begins with a dot because it is generated, and so that no watcher of sources looks into it. */
const builtFolder = join(folder, ".built");
const builtFile = join(builtFolder, "main.txt");

const options = {
  entryPoints: [join(folder, "main.ts")],
  bundle: true,
  minify: true,
  write: false,
  format: "esm",
  target: "es2022",
  legalComments: "none",
} satisfies BuildOptions;

/** Compiles workers/portal/islands/main.ts to one minified module that the portal serves as text. */
export async function buildIslands(): Promise<void> {
  await writeBuilt((await build(options)).outputFiles);
}

/** Compiles the islands, and again whenever one of their sources changes. Returns a function that stops it. */
export async function watchIslands(): Promise<() => Promise<void>> {
  const watched = await context({
    ...options,
    logLevel: "error",
    plugins: [
      {
        name: "write-islands",
        setup(islands) {
          islands.onEnd(async ({ outputFiles }) => {
            if (outputFiles !== undefined) await writeBuilt(outputFiles);
          });
        },
      },
    ],
  });
  await watched.watch();
  return () => watched.dispose();
}

/**
 * Writes by a rename, because test files build at the same time and each must find a whole file. Leaves an unchanged file
 * alone, so that nothing that watches it bundles the portal again.
 */
async function writeBuilt([output]: OutputFile[]): Promise<void> {
  if (output === undefined) return;
  const known = await readFile(builtFile, "utf8").catch(() => undefined);
  if (known === output.text) return;
  await mkdir(builtFolder, { recursive: true });
  const temporary = join(builtFolder, `${randomUUID()}.tmp`);
  await writeFile(temporary, output.contents);
  await rename(temporary, builtFile);
}
