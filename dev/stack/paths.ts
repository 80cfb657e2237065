import { join, relative, resolve } from "node:path";

export const rootDir = join(import.meta.dirname, "../..");

/**
 * Contains everything that development leaves on disk. Git ignores it, and `npm run reset` removes it. A test
 * that runs `npm start` or `npm run dev` sets LICENZY_DEV_DIR to a temporary folder.
 */
export const devDir = resolve(process.env["LICENZY_DEV_DIR"] || join(rootDir, ".dev"));

/** The folder as messages name it: relative to the project where it is inside. */
export const devDirName = relative(rootDir, devDir).startsWith("..")
  ? devDir
  : relative(rootDir, devDir) || ".";

export const devPaths = {
  state: join(devDir, "state"),
  /** Bundles, named by a hash of the sources, so that every stack of this checkout shares them. */
  build: join(rootDir, ".dev/build"),
  /** The configuration that `npm run dev` generates for `wrangler dev`. */
  wrangler: join(devDir, "wrangler"),
  secrets: join(devDir, "secrets.json"),
  stackFile: join(devDir, "stack.json"),
  seeding: join(devDir, "seeding"),
  log: join(devDir, "stack.log"),
};

/** The wrangler file of each worker, relative to the root. Only wrangler files declare bindings. */
export const workerConfigs = {
  "licenzy-dev-gateway": "dev/gateway/wrangler.toml",
  "licenzy-runtime": "wrangler.toml",
  "licenzy-portal": "workers/portal/wrangler.toml",
  "licenzy-deliveries": "workers/deliveries/wrangler.toml",
  "licenzy-pocket-stripe": "dev/pocket-stripe/wrangler.toml",
} as const;

/** Entry files that replace a worker's own in development. They add entrypoints that no deployment has. */
export const developmentEntries: Partial<Record<WorkerName, string>> = {
  "licenzy-runtime": "dev/entries/runtime/index.ts",
  "licenzy-deliveries": "dev/entries/deliveries/index.ts",
};

export type WorkerName = keyof typeof workerConfigs;

export const workerNames = Object.keys(workerConfigs) as WorkerName[];
