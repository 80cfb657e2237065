/** `npm run check`: types, lint, dead code and the architecture tests, at the same time. Prints what failed, with its output. */
import { run } from "./run.ts";

const checks: Record<string, [command: string, ...args: string[]]> = {
  types: ["npx", "tsc", "-b", ".", "test/workerd", "workers/portal/islands", "docs-site/theme"],
  lint: ["npx", "biome", "check", "."],
  "dead code": ["npx", "knip", "--cache"],
  architecture: ["npx", "vitest", "run", "--project", "unit", "test/architecture"],
};

const startedAt = Date.now();
const seconds = () => `${((Date.now() - startedAt) / 1000).toFixed(1)} s`;
const results = await Promise.all(
  Object.entries(checks).map(async ([name, [command, ...args]]) => {
    const { code, output } = await run(command, args, { quiet: true });
    console.log(`${code === 0 ? "✓" : "✗"} ${name} (${seconds()})`);
    if (code !== 0) console.error(output);
    return code;
  }),
);
const failed = results.filter((code) => code !== 0).length;
console.log(
  failed === 0 ? `check: all clean in ${seconds()}` : `check: ${failed} of ${results.length} failed`,
);
process.exitCode = failed === 0 ? 0 : 1;
