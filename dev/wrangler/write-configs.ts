import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import {
  type AdditionsInput,
  developmentAdditions,
  furtherDatabases,
} from "../stack/development-additions.ts";
import {
  developmentEntries,
  devPaths,
  rootDir,
  type WorkerName,
  workerConfigs,
  workerNames,
} from "../stack/paths.ts";
import { writePrivateFile } from "../stack/secrets.ts";

/**
 * Generates a configuration per worker for `wrangler dev`: the deployable file and what development adds to it. So no file
 * that can be deployed gains a development binding. Returns the paths, the gateway's first: it owns the origin.
 */
export async function writeWranglerConfigs(input: AdditionsInput): Promise<string[]> {
  // Loaded when needed: loading wrangler takes a second.
  const { experimental_readRawConfig } = await import("wrangler");
  const additions = developmentAdditions(input);
  const further = Object.entries(furtherDatabases(input.databases)).map(([binding, id]) => ({
    binding,
    database_name: id,
    database_id: id,
  }));
  return Promise.all(
    workerNames.map(async (name) => {
      const path = join(rootDir, workerConfigs[name]);
      const { rawConfig } = experimental_readRawConfig({ config: path });
      // The custom build of the portal is left out: with one, wrangler bundles the worker from nothing after each change
      // of any file. `watchIslands` does that work.
      const { build: _build, ...declared } = rawConfig;
      const added = additions[name];
      const entry = developmentEntries[name];
      const services = Object.entries(added.services).map(([binding, { name: service, entrypoint }]) => ({
        binding,
        service,
        ...(entrypoint === undefined ? {} : { entrypoint }),
      }));
      const config = {
        ...declared,
        main: entry === undefined ? join(dirname(path), declared.main ?? "") : join(rootDir, entry),
        vars: { ...declared.vars, ...added.vars },
        ...(declared.assets?.directory === undefined
          ? {}
          : { assets: { ...declared.assets, directory: join(dirname(path), declared.assets.directory) } }),
        services: [...(declared.services ?? []), ...services],
        ...(declared.d1_databases === undefined
          ? {}
          : { d1_databases: [...declared.d1_databases, ...further] }),
      };
      const file = join(devPaths.wrangler, name, "wrangler.json");
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, `${JSON.stringify(config, null, 2)}\n`);
      await writeDevVars(name, added.secrets);
      return file;
    }),
  );
}

/** Adds the secrets that the worker's `.dev.vars` lacks. What a person wrote there stays. */
async function writeDevVars(name: WorkerName, secrets: Record<string, string>): Promise<void> {
  const file = join(devPaths.wrangler, name, ".dev.vars");
  const known = existsSync(file) ? (await readFile(file, "utf8")).trimEnd() : "";
  const missing = Object.entries(secrets).filter(([key]) => !new RegExp(`^${key}=`, "m").test(known));
  if (missing.length === 0) return;
  const lines = missing.map(([key, value]) => `${key}='${value}'`);
  await writePrivateFile(file, [known, ...lines].filter((line) => line !== "").join("\n"));
}
