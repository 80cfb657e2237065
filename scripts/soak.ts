/**
 * `npm run test:soak`: the long form of the fault tests and the random histories, about 30 minutes. `KILLS`, `HISTORIES` and
 * `SEED` from outside win. Each test prints its seed and its accounting.
 */
import { run } from "./run.ts";

const environment = { KILLS: "20", HISTORIES: "50000", ...process.env };
const steps = [
  ["--project", "fault", "--testTimeout=900000"],
  ["--project", "workerd", "test/workerd/histories.test.ts", "--testTimeout=900000"],
];
let failed = 0;
for (const step of steps)
  failed += (await run("npx", ["vitest", "run", ...step], environment)).code === 0 ? 0 : 1;
process.exitCode = failed === 0 ? 0 : 1;
