/**
 * `npm run test:soak`: the long form of the fault tests, the random histories and the refused sign-ins, about
 * 30 minutes. The environment overrides `KILLS`, `WEBHOOK_KILLS` and `IMPORT_KILLS` (of the whole stack), `RUNTIME_KILLS`,
 * `STALL_MS` (of D1), `HISTORIES`, `REFUSED_SIGN_INS` (a minute) and `SEED`. Each test prints its seed and
 * its accounting; this prints them again at the end.
 */
import { run } from "./run.ts";

const environment = {
  KILLS: "20",
  WEBHOOK_KILLS: "20",
  IMPORT_KILLS: "10",
  RUNTIME_KILLS: "20",
  STALL_MS: "30000",
  HISTORIES: "50000",
  REFUSED_SIGN_INS: "2000",
  ...process.env,
};
const steps = [
  ["--project", "fault", "--testTimeout=900000"],
  ["--project", "workerd", "test/workerd/histories.test.ts", "--testTimeout=900000"],
  ["--project", "system", "test/system/security/refused-sign-ins.test.ts"],
];
/**
 * Matches the accounting that the tests print, and the line with the seed that vitest prints for each test.
 */
const accounting = /^(kills|check: median|consume: median|refused sign-ins)|SEED=|✓|×|Tests /;
// Vitest colors its output, even in a pipe.
const colors = new RegExp(`${String.fromCharCode(27)}\\[[0-9;]*m`, "g");

const summary: string[] = [];
let failed = 0;
for (const step of steps) {
  const { code, output } = await run("npx", ["vitest", "run", ...step], { env: environment });
  if (code !== 0) failed++;
  summary.push(
    ...output
      .replace(colors, "")
      .split("\n")
      .filter((line) => accounting.test(line.trim())),
  );
}
console.log(
  `\n${summary.join("\n")}\n${failed === 0 ? "The soak passed." : `${failed} of ${steps.length} parts failed.`}`,
);
process.exitCode = failed === 0 ? 0 : 1;
