/** `npm run verify`: what CI runs. Style, types, dead code, then all tests, whose line of counts comes last. */
import { run } from "./run.ts";

const steps: [string, string[]][] = [
  ["npx", ["biome", "check", "."]],
  ["node", ["--import", "tsx", "scripts/typecheck.ts"]],
  ["npx", ["knip"]],
  ["npm", ["test", "--silent"]],
];

for (const [command, args] of steps) {
  const { code } = await run(command, args);
  if (code === 0) continue;
  console.error(`verify: stopped at '${command} ${args.join(" ")}'`);
  process.exit(code);
}
