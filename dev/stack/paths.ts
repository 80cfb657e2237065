import { join } from "node:path";

export const rootDir = join(import.meta.dirname, "../..");

/** Everything that development leaves on the disk; git-ignored, and all of it goes with `npm run reset`. */
export const devDir = join(rootDir, ".dev");

export const devPaths = {
  state: join(devDir, "state"),
  build: join(devDir, "build"),
  secrets: join(devDir, "secrets.json"),
  stackFile: join(devDir, "stack.json"),
  seeding: join(devDir, "seeding"),
  log: join(devDir, "stack.log"),
};

/** Worker name → its wrangler file, relative to the root. The wrangler files are the only truth about bindings. */
export const workerConfigs = {
  "licenzy-dev-gateway": "dev/gateway/wrangler.toml",
  "licenzy-runtime": "wrangler.toml",
  "licenzy-portal": "workers/portal/wrangler.toml",
  "licenzy-deliveries": "workers/deliveries/wrangler.toml",
  "licenzy-pocket-stripe": "dev/pocket-stripe/wrangler.toml",
} as const;

export type WorkerName = keyof typeof workerConfigs;

export const workerNames = Object.keys(workerConfigs) as WorkerName[];
