import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { buildDocsSite, builtFolder } from "../../docs-site/generator/build.ts";
import {
  developmentEntries,
  devPaths,
  rootDir,
  type WorkerName,
  workerConfigs,
  workerNames,
} from "./paths.ts";
import { startGroup } from "./process-group.ts";
import { hashSources } from "./source-hash.ts";
import { StackError } from "./stack-error.ts";

/** A worker as a deployment would upload it, with the bindings that its wrangler file declares. */
export interface WorkerBundle {
  name: WorkerName;
  /** The folder with index.js and further modules, if any. */
  dir: string;
  options: DeclaredOptions;
}

/**
 * Miniflare's options of one worker as wrangler derives them from its file. Declares only the options that
 * the stack reads, because Miniflare's own types are written for zod 3 and do not resolve with zod 4.
 */
export interface DeclaredOptions {
  bindings: Record<string, unknown>;
  serviceBindings: Record<string, unknown>;
  d1Databases: Record<string, { id: string }>;
  [option: string]: unknown;
}

const builtSetsKept = 4;

/**
 * Bundles all workers with `wrangler deploy --dry-run`, as a deployment would. Two of them use the entries of
 * development, which add entrypoints.
 *
 * A hash of all sources names the folder of the result, so an unchanged tree builds nothing. Builds at the
 * same time (test files in parallel) cannot harm each other, because a rename publishes the complete set.
 */
export async function buildWorkers(outDir: string = devPaths.build): Promise<WorkerBundle[]> {
  const setDir = join(outDir, await hashSources());
  if (existsSync(setDir)) {
    const now = new Date();
    await Promise.all([utimes(setDir, now, now), buildDocsSite()]);
  } else {
    await Promise.all([buildSet(outDir, setDir), buildDocsSite()]);
    await removeOldSets(outDir);
  }
  return Promise.all(
    workerNames.map(async (name) => ({
      name,
      dir: join(setDir, name),
      options: JSON.parse(await readFile(join(setDir, `${name}.json`), "utf8")) as DeclaredOptions,
    })),
  );
}

async function buildSet(outDir: string, setDir: string): Promise<void> {
  const temporaryDir = join(outDir, `unfinished-${randomUUID()}`);
  // wrangler refuses a folder of assets that does not exist, and the site is built at the same time.
  await Promise.all([temporaryDir, builtFolder].map((path) => mkdir(path, { recursive: true })));
  try {
    // Wait for all, even after a failure: the folder must not be removed while a build writes into it.
    const results = await Promise.allSettled([
      ...workerNames.map((name) =>
        bundleWorker(workerConfigs[name], join(temporaryDir, name), developmentEntries[name]),
      ),
      writeWorkerOptions(temporaryDir),
    ]);
    const failed = results.find((result) => result.status === "rejected");
    if (failed !== undefined) throw failed.reason;
    await rename(temporaryDir, setDir).catch((error: NodeJS.ErrnoException) => {
      // Another build published the same set first.
      if (error.code !== "ENOTEMPTY" && error.code !== "EEXIST") throw error;
    });
  } finally {
    await rm(temporaryDir, { recursive: true, force: true });
  }
}

/**
 * Bundles one worker by its wrangler file. `entry` replaces the file's `main`. Both paths start at the root.
 * wrangler runs in its own group, which ends with this process: an orphaned one never ends, and its memory
 * grows.
 */
export async function bundleWorker(config: string, intoDir: string, entry?: string): Promise<void> {
  const wrangler = join(
    dirname(createRequire(import.meta.url).resolve("wrangler/package.json")),
    "bin/wrangler.js",
  );
  const main = entry === undefined ? [] : [entry];
  const args = ["deploy", ...main, "--dry-run", "--config", config, "--outdir", intoDir];
  const lines: string[] = [];
  const group = startGroup([wrangler, ...args], {
    cwd: rootDir,
    env: {
      ...process.env,
      // No account, no network, no files outside the project. The banner would check for updates.
      WRANGLER_HIDE_BANNER: "true",
      WRANGLER_SEND_METRICS: "false",
      WRANGLER_LOG_PATH: `${intoDir}.log`,
    },
    onLine: (line) => lines.push(line),
  });
  const result = await group.ended;
  await group.stop();
  await group.closed;
  if (result !== "0")
    throw new StackError(`${config} does not build (${result}):\n${lines.join("\n").trim()}`);
}

/**
 * Reads the wrangler files once per set: loading wrangler takes longer than the rest of a start, and the
 * options depend only on files that the set's hash covers.
 */
async function writeWorkerOptions(intoDir: string): Promise<void> {
  // A stray .env must not become bindings of the workers.
  process.env["CLOUDFLARE_LOAD_DEV_VARS_FROM_DOT_ENV"] = "false";
  const { unstable_getMiniflareWorkerOptions, unstable_readConfig } = await import("wrangler");
  for (const name of workerNames) {
    const config = unstable_readConfig({ config: join(rootDir, workerConfigs[name]) });
    if (config.name !== name) {
      throw new StackError(`${workerConfigs[name]} names its worker ${config.name}, expected ${name}.`);
    }
    const { workerOptions } = unstable_getMiniflareWorkerOptions(config);
    // A binding of a worker to itself is a symbol of Miniflare's, which JSON omits.
    const named = (_key: string, value: unknown) => (typeof value === "symbol" ? name : value);
    await writeFile(join(intoDir, `${name}.json`), JSON.stringify(workerOptions, named, 2));
  }
}

/** Keeps the sets that were used last. An unfinished set that is an hour old was left by a killed build. */
async function removeOldSets(outDir: string): Promise<void> {
  const entries = await Promise.all(
    (await readdir(outDir)).map(async (name) => {
      const path = join(outDir, name);
      // Another build may have renamed or removed it.
      const found = await stat(path).catch(() => undefined);
      return { path, usedAt: found?.mtimeMs ?? Date.now(), unfinished: name.startsWith("unfinished-") };
    }),
  );
  const finished = entries.filter((entry) => !entry.unfinished).sort((a, b) => b.usedAt - a.usedAt);
  const abandoned = entries.filter((entry) => entry.unfinished && entry.usedAt < Date.now() - 3_600_000);
  const old = [...finished.slice(builtSetsKept), ...abandoned];
  await Promise.all(old.map((entry) => rm(entry.path, { recursive: true, force: true })));
}
