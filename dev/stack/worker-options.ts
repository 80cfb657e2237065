import { readdirSync } from "node:fs";
import { extname, join } from "node:path";
import type { DeclaredOptions, WorkerBundle } from "./build.ts";
import { type AdditionsInput, developmentAdditions, furtherDatabases } from "./development-additions.ts";
import type { WorkerName } from "./paths.ts";
import { host } from "./ports.ts";

export interface WorkerOptionsInput extends AdditionsInput {
  bundles: WorkerBundle[];
  gatewayPort: number;
  directSockets: boolean;
}

/** Miniflare's options of one worker. */
export interface StackWorkerOptions extends DeclaredOptions {
  name: WorkerName;
  modulesRoot: string;
  modules: Module[];
}

interface Module {
  type: "ESModule" | "CompiledWasm" | "Text" | "Data";
  path: string;
}

/** Builds the options of every worker: the deployable ones and the additions of development. */
export function workerOptions(input: WorkerOptionsInput): StackWorkerOptions[] {
  const { bundles, gatewayPort, directSockets, databases } = input;
  const further = Object.entries(furtherDatabases(databases)).map(([name, id]) => [name, { id }]);
  const additions = developmentAdditions(input);
  return bundles.map(({ name, dir, options }): StackWorkerOptions => {
    const { modulesRules: _, ...declared } = options;
    const added = additions[name];
    const port = name === "licenzy-dev-gateway" ? gatewayPort : directSockets ? 0 : undefined;
    return {
      ...declared,
      name,
      // Modules are listed, not searched: wrangler has bundled them, and parsing megabytes again takes time.
      modulesRoot: dir,
      modules: listModules(dir),
      bindings: { ...declared.bindings, ...added.vars, ...added.secrets },
      ...("DB" in (declared.d1Databases ?? {})
        ? { d1Databases: { ...declared.d1Databases, ...Object.fromEntries(further) } }
        : {}),
      serviceBindings: { ...declared.serviceBindings, ...added.services },
      ...(port === undefined ? {} : { unsafeDirectSockets: [{ host, port }] }),
    };
  });
}

const moduleTypes: Record<string, Module["type"]> = {
  ".js": "ESModule",
  ".mjs": "ESModule",
  ".wasm": "CompiledWasm",
  ".txt": "Text",
  ".css": "Text",
  ".svg": "Text",
  ".woff2": "Data",
  ".html": "Text",
  ".sql": "Text",
  ".bin": "Data",
};

/**
 * Lists the modules of a bundle, the entry first. wrangler also writes a README and source maps, which are not uploaded.
 */
export function listModules(dir: string): Module[] {
  const files = readdirSync(dir)
    .filter((file) => file !== "README.md" && !file.endsWith(".map"))
    .sort((a, b) => Number(b === "index.js") - Number(a === "index.js"));
  return files.map((file) => {
    const type = moduleTypes[extname(file)];
    if (type === undefined) throw new Error(`${join(dir, file)}: no module type for this kind of file`);
    return { type, path: join(dir, file) };
  });
}
