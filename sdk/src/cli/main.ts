import process from "node:process";
import { withoutKeys } from "./output.ts";
import { run } from "./run.ts";

// The program `licenzy`.
const controller = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => controller.abort());

try {
  process.exitCode = await run(process.argv.slice(2), {
    variables: process.env,
    streams: {
      out: (line) => process.stdout.write(`${line}\n`),
      error: (line) => process.stderr.write(`${line}\n`),
    },
    signal: controller.signal,
  });
} catch (error) {
  process.stderr.write(
    `${withoutKeys(error instanceof Error ? (error.stack ?? error.message) : String(error))}\n`,
  );
  process.exitCode = 1;
}
