/** `npm run typecheck`: the compiler on each worker with the types it has there, and on scripts and tests with Node's. */
import { readdir } from "node:fs/promises";
import { run } from "./run.ts";

const workers = await readdir("workers");
const projects = [
  ".",
  "test/workerd",
  "workers/portal/islands",
  "dev/gateway",
  "dev/pocket-stripe",
  ...workers.map((worker) => `workers/${worker}`),
];
let failed = 0;
for (const project of projects) {
  const { code } = await run("npx", ["tsc", "-p", project]);
  if (code !== 0) {
    failed++;
    console.error(`typecheck: ${project} has errors`);
  }
}
console.log(`typecheck: ${projects.length - failed} of ${projects.length} projects are clean`);
process.exitCode = failed === 0 ? 0 : 1;
