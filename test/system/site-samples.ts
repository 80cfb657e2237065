import { mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { transform } from "esbuild";
import { readSource } from "../../docs-site/generator/pages.ts";
import { findSamples, type Sample } from "../../docs-site/generator/samples.ts";
import { navigation } from "../../docs-site/navigation.ts";
import { run } from "../../scripts/run.ts";
import { buildSdk } from "../../scripts/sdk/build.ts";

const root = resolve(import.meta.dirname, "../..");

/** Samples that quickstart.test.ts plays from an empty folder. */
export const quickstartSamples = [
  "quickstart-env",
  "quickstart-install",
  "quickstart-first",
  "quickstart-hono",
  "quickstart-express",
  "quickstart-next",
];

/** Samples that no test executes, each with the reason. */
export const notExecuted: Record<string, string> = {
  deploy: "needs a Cloudflare account; test/unit/deploy plays the command against a stand-in for wrangler",
};

/** Every block of code that the pages have, generated ones and the SDK's README aside. */
export async function readSiteSamples(): Promise<Sample[]> {
  const written = navigation.flatMap(({ pages }) => pages);
  const found = await Promise.all(written.map(async ({ slug }) => findSamples(slug, await readSource(slug))));
  return found.flat();
}

export interface SampleFolder {
  path: string;
  /** Imports the TypeScript sample as the module of a user's backend. */
  load(name: string): Promise<Record<string, unknown>>;
  /** Writes the sample as JavaScript. Returns its path. */
  write(name: string): Promise<string>;
  remove(): Promise<void>;
}

/** Writes a TypeScript sample as JavaScript. */
export async function writeSample(samples: Sample[], name: string, file: string): Promise<void> {
  const sample = samples.find((one) => one.sample === name);
  if (sample === undefined) throw new Error(`There is no sample ${name}`);
  const { code } = await transform(sample.code, { loader: "ts", format: "esm", target: "node20" });
  await writeFile(file, code);
}

/** A folder with the built package `licenzy` and the frameworks that samples use. */
export async function newSampleFolder(samples: Sample[]): Promise<SampleFolder> {
  const path = await mkdtemp(join(tmpdir(), "licenzy-samples-"));
  const modules = join(path, "node_modules");
  await buildSdk(join(modules, "licenzy/dist"));
  await symlink(join(root, "sdk/package.json"), join(modules, "licenzy/package.json"));
  await symlink(join(root, "node_modules/hono"), join(modules, "hono"));
  const write = async (name: string) => {
    const file = join(path, `${name}.mjs`);
    await writeSample(samples, name, file);
    return file;
  };
  return {
    path,
    write,
    load: async (name) => (await import(pathToFileURL(await write(name)).href)) as Record<string, unknown>,
    remove: () => rm(path, { recursive: true, force: true }),
  };
}

/** Whether the machine has the program. */
export async function hasProgram(name: string): Promise<boolean> {
  const { code } = await run("bash", ["-c", `command -v ${name}`], { quiet: true });
  return code === 0;
}
