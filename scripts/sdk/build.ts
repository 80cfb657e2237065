import { chmod, cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type BuildOptions, build } from "esbuild";
import { run } from "../run.ts";

const root = join(import.meta.dirname, "../..");
const source = join(root, "sdk/src");

/** The entries of the package, by their path in `sdk/src/` without extension. */
const entries = ["index", "testing/index", "middleware/hono", "middleware/express", "middleware/next"];

/** What every script of the package but the program is built with. */
const options: BuildOptions = {
  absWorkingDir: root,
  bundle: true,
  format: "esm",
  target: "es2022",
  platform: "neutral",
  mainFields: ["module", "main"],
  external: ["node:crypto"],
  logLevel: "warning",
};

/** Returns the core of the package, `licenzy`, as one script, without writing a file. */
export async function bundleCore(): Promise<string> {
  const { outputFiles } = await build({ ...options, entryPoints: [join(source, "index.ts")], write: false });
  return outputFiles?.[0]?.text ?? "";
}

/** Builds the package into `folder`: JavaScript with shared chunks, and its declarations. */
export async function buildSdk(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  await build({
    ...options,
    entryPoints: Object.fromEntries(entries.map((name) => [name, join(source, `${name}.ts`)])),
    outdir: folder,
    splitting: true,
    chunkNames: "chunks/[name]-[hash]",
  });
  await buildCli(join(folder, "cli.js"));
  await writeDeclarations(folder);
}

/** Builds the program `licenzy` as one file, with its parser: the package has no dependency. */
export async function buildCli(outfile: string): Promise<void> {
  await build({
    absWorkingDir: root,
    entryPoints: [join(source, "cli/main.ts")],
    outfile,
    bundle: true,
    format: "esm",
    target: "node20",
    minify: true,
    platform: "node",
    // The parser is CommonJS and loads Node's modules with `require`.
    banner: {
      js: '#!/usr/bin/env node\nimport { createRequire } from "node:module"; const require = createRequire(import.meta.url);',
    },
    logLevel: "warning",
  });
  await chmod(outfile, 0o755);
}

/** What only the implementation of `licenzy/testing` has names types of the service, which the package does not have. */
function isPublic(path: string): boolean {
  return !/\/testing\/(?!index\.|products\.)[^/]+$/.test(path);
}

async function writeDeclarations(folder: string): Promise<void> {
  // Missing in a fresh clone.
  await mkdir(join(root, "node_modules/.cache"), { recursive: true });
  const temporary = await mkdtemp(join(root, "node_modules/.cache/sdk-types-"));
  try {
    const options = ["--noEmit", "false", "--declaration", "--emitDeclarationOnly", "--incremental", "false"];
    const places = ["--rootDir", root, "--outDir", temporary];
    const { code, output } = await run("npx", ["tsc", "-p", join(root, "sdk"), ...options, ...places], {
      quiet: true,
    });
    if (code !== 0) throw new Error(output);
    await cp(join(temporary, "sdk/src"), folder, { recursive: true, filter: isPublic });
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
  for (const path of await readdir(folder, { recursive: true })) {
    if (!path.endsWith(".d.ts")) continue;
    const text = await readFile(join(folder, path), "utf8");
    // The compiler leaves the extensions of the sources in declarations.
    await writeFile(join(folder, path), text.replaceAll(/(from "\.[^"]*)\.ts"/g, '$1.js"'));
  }
}
