import { rm } from "node:fs/promises";
import { devDir, devPaths } from "../dev/stack/paths.ts";
import { StackError } from "../dev/stack/stack-error.ts";
import { refuseIfHeld } from "../dev/stack/state-lock.ts";

// `npm run reset`: removes everything that development left on the disk.
try {
  await refuseIfHeld(devPaths.state);
  await rm(devDir, { recursive: true, force: true });
  console.log("Reset: .dev is removed. npm start starts with a new state.");
} catch (error) {
  console.error(error instanceof StackError ? error.message : error);
  process.exitCode = 1;
}
