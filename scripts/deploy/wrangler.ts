import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { rootDir } from "../../dev/stack/paths.ts";

export interface WranglerResult {
  code: number;
  stdout: string;
  stderr: string;
  /** The lines that wrangler writes to `WRANGLER_OUTPUT_FILE_PATH`: one JSON object per line. */
  output: string;
}

/** Runs wrangler with these arguments. Secrets go through `input`, never through the arguments. */
export type RunWrangler = (args: string[], input?: string) => Promise<WranglerResult>;

/** The program to run: `LICENZY_WRANGLER` if set (tests), else the wrangler that `npm ci` installs. */
const program = () =>
  process.env["LICENZY_WRANGLER"] || join(rootDir, "node_modules/wrangler/bin/wrangler.js");

/** Runs the installed wrangler without prompts, colors and telemetry. */
export const runWrangler: RunWrangler = async (args, input = "") => {
  const outputFile = join(tmpdir(), `wrangler-output-${randomUUID()}.json`);
  const child = spawn(process.execPath, [program(), ...args], {
    cwd: rootDir,
    env: {
      ...process.env,
      // Without a prompt: wrangler takes the default answer, which each call accounts for.
      CI: "true",
      NO_COLOR: "1",
      FORCE_COLOR: "0",
      WRANGLER_SEND_METRICS: "false",
      WRANGLER_HIDE_BANNER: "true",
      WRANGLER_OUTPUT_FILE_PATH: outputFile,
    },
  });
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (chunk: Buffer) => {
    stdout += chunk.toString();
  });
  child.stderr.on("data", (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  // A wrangler that ends before it has read its input closes the pipe; its exit code says what happened.
  child.stdin.on("error", () => undefined);
  child.stdin.end(input);
  const code = await new Promise<number>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (exitCode) => resolve(exitCode ?? 1));
  });
  const output = await readFile(outputFile, "utf8").catch(() => "");
  await rm(outputFile, { force: true });
  return { code, stdout, stderr, output };
};
