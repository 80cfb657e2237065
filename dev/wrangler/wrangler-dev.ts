import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { buildDocsSite } from "../../docs-site/generator/build.ts";
import { watchIslands } from "../../scripts/islands/build.ts";
import { devPaths, rootDir } from "../stack/paths.ts";
import { host, reservePort } from "../stack/ports.ts";
import { startGroup } from "../stack/process-group.ts";
import type { RunningStack, StackOptions } from "../stack/stack.ts";
import { StackError } from "../stack/stack-error.ts";
import { openState } from "../stack/state.ts";
import { workerdPath } from "../stack/workerd-leash.ts";
import { writeWranglerConfigs } from "./write-configs.ts";

export type WranglerDevOptions = Pick<
  StackOptions,
  "port" | "stateDir" | "secretsFile" | "databases" | "cronEveryMs" | "stripeBase"
>;

export interface WranglerDev extends RunningStack {
  /** The port for a debugger. */
  inspectorPort: number;
  /** Settles when wrangler ends without `stop`, with the reason. */
  ended: Promise<string>;
}

const inspectorPort = 9_229;
const readyWithinMs = 120_000;

/**
 * Runs all workers under `wrangler dev`, in one process and on one origin. A saved source is bundled and served again, and
 * the state stays. Throws StackError when a person has to do something.
 */
export async function startWranglerDev(options: WranglerDevOptions): Promise<WranglerDev> {
  const state = await openState(options);
  const { origin, port, secrets, stop } = state;
  try {
    const [configs, inspector, stopWatching] = await Promise.all([
      writeWranglerConfigs({ origin, stripeBase: options.stripeBase, databases: state.databases, secrets }),
      // Another stack's debugger may have the usual port.
      reservePort(inspectorPort, 0).catch(() => reservePort(0)),
      watchIslands(),
      // The portal serves it, and wrangler refuses a folder of assets that does not exist.
      buildDocsSite(),
    ]);
    state.onStop(stopWatching);
    const group = startGroup(wranglerArguments({ configs, port, stateDir: options.stateDir }), {
      cwd: rootDir,
      env: { ...process.env, ...quietEnvironment, ...inspectorEnvironment(inspector) },
      onLine: printLine,
    });
    let isStopping = false;
    state.onStop(() => {
      isStopping = true;
      return group.stop();
    });
    await untilReady(origin, group.ended);
    await state.ready(options.cronEveryMs ?? 5_000);
    const ended = group.ended.then((reason) => (isStopping ? new Promise<never>(() => undefined) : reason));
    return { origin, secrets, inspectorPort: inspector, ended, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Without an account, without the network, and without a registry that other stacks on this machine would share. */
const quietEnvironment = {
  WRANGLER_HIDE_BANNER: "true",
  WRANGLER_SEND_METRICS: "false",
  WRANGLER_SEND_ERROR_REPORTS: "false",
  WRANGLER_LOG_PATH: join(devPaths.wrangler, "logs"),
  WRANGLER_REGISTRY_PATH: join(devPaths.wrangler, "registry"),
  CLOUDFLARE_CF_FETCH_ENABLED: "false",
  CLOUDFLARE_LOAD_DEV_VARS_FROM_DOT_ENV: "false",
  ...(process.stdout.isTTY ? { FORCE_COLOR: "1" } : {}),
};

/** One port for the debuggers of all workers, see workerd.sh. Windows has wrangler's own, for one worker. */
function inspectorEnvironment(port: number): NodeJS.ProcessEnv {
  if (process.platform === "win32") return {};
  return {
    MINIFLARE_WORKERD_PATH: join(import.meta.dirname, "workerd.sh"),
    LICENZY_WORKERD: process.env["MINIFLARE_WORKERD_PATH"] ?? workerdPath(),
    LICENZY_INSPECTOR_PORT: String(port),
  };
}

function wranglerArguments(input: { configs: string[]; port: number; stateDir: string }): string[] {
  const wrangler = dirname(createRequire(import.meta.url).resolve("wrangler/package.json"));
  return [
    join(wrangler, "bin/wrangler.js"),
    "dev",
    ...input.configs.flatMap((config) => ["-c", config]),
    // Its own proxy for debuggers gets any free port.
    ...["--ip", host, "--port", String(input.port), "--inspector-port", "0"],
    ...["--persist-to", input.stateDir, "--show-interactive-dev-session=false"],
  ];
}

/** Prints what wrangler and the workers print, without the line for each round of the cron jobs. */
function printLine(line: string): void {
  if (!line.includes("/__dev/cron ")) console.log(line);
}

async function untilReady(origin: string, ended: Promise<string>): Promise<void> {
  let reason: string | undefined;
  void ended.then((why) => {
    reason = why;
  });
  const deadline = Date.now() + readyWithinMs;
  while (reason === undefined && Date.now() < deadline) {
    const answers = await fetch(`${origin}/__dev/clock`, { signal: AbortSignal.timeout(10_000) }).then(
      (reply) => reply.ok,
      () => false,
    );
    if (answers) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new StackError(
    `wrangler dev ${reason === undefined ? "does not answer" : `ended (${reason})`}; its lines are above.`,
  );
}
