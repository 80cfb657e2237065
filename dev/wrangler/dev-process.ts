import { cp, mkdtemp, readFile, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join, relative } from "node:path";
import type { StackFile } from "../seed/stack-file.ts";
import { rootDir } from "../stack/paths.ts";
import { startGroup } from "../stack/process-group.ts";

export interface DevProcess {
  /** The copy of the sources that it serves. */
  folder: string;
  origin: string;
  /** .dev/stack.json: keys and operators. */
  file: StackFile;
  /** The port for a debugger. */
  inspectorPort: number;
  /** The lines printed so far. */
  output(): string;
  /** Ends the process as Ctrl-C does and removes the copy. */
  stop(): Promise<void>;
}

const readyWithinMs = 180_000;
/** Not copied: generated files, and packages, to which the copy links. */
const leftOut = new Set([".git", ".dev", ".wrangler", ".built", "node_modules", "test"]);

/** Starts `npm run dev` on a free port, with separate state and on a copy of the sources, so that files can be edited. */
export async function startDevProcess(): Promise<DevProcess> {
  const folder = await mkdtemp(join(tmpdir(), "licenzy-dev-"));
  await cp(rootDir, folder, {
    recursive: true,
    filter: (source) => relative(rootDir, source) === "" || !leftOut.has(basename(source)),
  });
  await symlink(join(rootDir, "node_modules"), join(folder, "node_modules"));
  const lines: string[] = [];
  const group = startGroup(["--import", "tsx", "scripts/start.ts", "--watch"], {
    cwd: folder,
    env: { ...process.env, PORT: "0", LICENZY_DEV_DIR: join(folder, ".dev") },
    onLine: (line) => lines.push(line),
  });
  const stop = async () => {
    await group.stop(20_000);
    await rm(folder, { recursive: true, force: true });
  };
  const output = () => lines.join("\n");
  try {
    await Promise.race([
      untilPrinted(output, "The main job"),
      group.ended.then((reason) => {
        throw new Error(`npm run dev ended (${reason}):\n${output()}`);
      }),
    ]);
    const file = JSON.parse(await readFile(join(folder, ".dev/stack.json"), "utf8")) as StackFile;
    const inspectorPort = Number(/Debugger .*?:(\d+)/.exec(output())?.[1]);
    return { folder, origin: file.origin, file, inspectorPort, output, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function untilPrinted(output: () => string, text: string): Promise<void> {
  const deadline = Date.now() + readyWithinMs;
  while (!output().includes(text)) {
    if (Date.now() > deadline) throw new Error(`npm run dev did not print "${text}":\n${output()}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
