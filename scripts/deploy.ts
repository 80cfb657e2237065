/**
 * `npm run deploy -- [command] --env production --domain licenzy.example.com`: installs Licenzy on a Cloudflare account,
 * and upgrades it. docs/deploying.md describes the commands.
 */
import { createInterface } from "node:readline/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { runCommand } from "./deploy/run-command.ts";
import { runWrangler } from "./deploy/wrangler.ts";

async function prompt(question: string): Promise<string | null> {
  if (!process.stdin.isTTY) return null;
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  try {
    return await terminal.question(question);
  } finally {
    terminal.close();
  }
}

process.exitCode = await runCommand(process.argv.slice(2), {
  run: runWrangler,
  fetch: (url, init) => fetch(url, init),
  print: (line) => console.log(line),
  prompt,
  sleep: (milliseconds) => sleep(milliseconds),
});
