import { rm, rmdir } from "node:fs/promises";
import { join } from "node:path";
import { devDir, devDirName, devPaths, rootDir } from "../dev/stack/paths.ts";
import { StackError } from "../dev/stack/stack-error.ts";
import { refuseIfHeld } from "../dev/stack/state-lock.ts";

// `npm run reset`: removes everything that development left on the disk.
try {
  await refuseIfHeld(devPaths.state);
  if (devDir === join(rootDir, ".dev")) await rm(devDir, { recursive: true, force: true });
  else await removeOwnFiles();
  console.log(`Reset: the state in ${devDirName} is removed. npm start starts with a new one.`);
} catch (error) {
  console.error(error instanceof StackError ? error.message : error);
  process.exitCode = 1;
}

/** LICENZY_DEV_DIR may name a folder that has other files too. */
async function removeOwnFiles(): Promise<void> {
  // The bundles are in .dev, for all states of this checkout.
  const { build: _, ...own } = devPaths;
  for (const path of Object.values(own)) await rm(path, { recursive: true, force: true });
  await rmdir(devDir).catch(() => undefined);
}
