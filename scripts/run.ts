import { type ChildProcess, spawn } from "node:child_process";

export interface Finished {
  code: number;
  output: string;
}

interface RunOptions {
  env?: NodeJS.ProcessEnv;
  /** Shows nothing while the command runs. */
  quiet?: boolean;
  /** Begins each line that is shown, where several commands run at once. */
  prefix?: string;
  /** Ends the command and all it started when it has printed nothing for so long, in milliseconds. */
  silenceLimitMs?: number;
}

/** Runs a command of this project, shows what it prints, and returns that too. */
export async function run(
  command: string,
  args: string[],
  { env = {}, quiet = false, prefix = "", silenceLimitMs }: RunOptions = {},
): Promise<Finished> {
  const child = spawn(command, args, {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...env },
    // A separate process group, so that everything it started can be ended with it.
    detached: silenceLimitMs !== undefined,
  });
  const watch = silenceLimitMs === undefined ? undefined : watchSilence(child, silenceLimitMs);
  let output = "";
  const collect = (show: (text: string) => void) => (chunk: Buffer) => {
    watch?.refresh();
    output += chunk.toString();
    if (!quiet) show(chunk.toString());
  };
  child.stdout.on("data", collect(showLines(process.stdout, prefix)));
  child.stderr.on("data", collect(showLines(process.stderr, prefix)));
  const code = await new Promise<number>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (exitCode) => resolve(exitCode ?? 1));
  });
  clearTimeout(watch);
  return { code, output };
}

/** Ends the process group of a child that stays silent. */
function watchSilence(child: ChildProcess, limitMs: number): NodeJS.Timeout {
  const { pid } = child;
  if (pid === undefined) throw new Error(`${child.spawnfile} did not start`);
  endWithThisProcess(pid);
  child.once("exit", () => groups.delete(pid));
  return setTimeout(() => {
    console.error(`${child.spawnargs.join(" ")} printed nothing for ${limitMs / 1000} s and was ended.`);
    process.kill(-pid, "SIGKILL");
  }, limitMs);
}

/** The process groups that run now. A signal to this process doesn't reach them. */
const groups = new Set<number>();

function endWithThisProcess(pid: number): void {
  groups.add(pid);
  if (process.listenerCount("SIGINT") > 0) return;
  for (const signal of ["SIGINT", "SIGTERM"] as const)
    process.once(signal, () => {
      for (const group of groups) process.kill(-group, "SIGTERM");
      process.exit(1);
    });
}

/** Returns a function that writes text to a stream. With a prefix, only whole lines, so that commands don't mix in one. */
function showLines(stream: NodeJS.WriteStream, prefix: string): (text: string) => void {
  if (prefix === "") return (text) => stream.write(text);
  let rest = "";
  return (text) => {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) stream.write(`${prefix}${line}\n`);
  };
}
