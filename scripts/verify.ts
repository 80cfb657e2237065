/** `npm run verify`: what CI runs. The checks, then all tests. Stops at the first that fails. */
import { run } from "./run.ts";

for (const script of ["check", "test"]) {
  const { code } = await run("npm", ["run", "--silent", script]);
  if (code === 0) continue;
  console.error(`verify: stopped at npm run ${script}`);
  process.exit(code);
}
