import { stripVTControlCharacters } from "node:util";
import { parseJson } from "./parse-json.ts";
import { DeployProblem } from "./problem.ts";
import type { WranglerResult } from "./wrangler.ts";

/** A call of wrangler that failed, with Cloudflare's error code where there is one. */
export class WranglerFailure extends Error {
  constructor(
    readonly args: string[],
    readonly code: number | null,
    message: string,
  ) {
    super(message);
    this.name = "WranglerFailure";
  }
}

interface Recorded {
  code?: number;
  message?: string;
}

const commandFailed = /"type":"command-failed"/;
const apiCode = /\[code: (\d+)\]/;
const noise = /^(|.*Logs were written to.*|-{3,}.*|.*wrangler \d+\.\d+\.\d+.*)$/;

/** Reads what wrangler said about its failure: the code from its output file or its text, and the first error line. */
export function readFailure(args: string[], { stdout, stderr, output }: WranglerResult): WranglerFailure {
  const line = output.split("\n").find((text) => commandFailed.test(text));
  const recorded = (line === undefined ? undefined : parseJson(line)) as Recorded | undefined;
  const printed = stripVTControlCharacters(`${stderr}\n${stdout}`);
  const said = printed
    .split("\n")
    .map((text) => text.replace(/^\s*(✘\s*)?\[ERROR\]\s*/, "").trim())
    .filter((text) => !noise.test(text));
  const message = [...new Set([recorded?.message, ...said])].filter(Boolean).slice(0, 3).join(" ");
  const [, code] = apiCode.exec(printed) ?? apiCode.exec(message) ?? [];
  const number =
    typeof recorded?.code === "number" ? recorded.code : code === undefined ? null : Number(code);
  return new WranglerFailure(args, number, message || "wrangler printed nothing.");
}

/** Cloudflare's codes for a token that is wrong or may not do this. */
const authenticationCodes = new Set([10000, 9109, 10001, 6003]);

/** The permission that a token for CI needs for each kind of call, as Cloudflare's dashboard words it. */
const tokenPermissions = {
  d1: "Account, D1, Edit",
  queues: "Account, Queues, Edit",
  workers: "Account, Workers Scripts, Edit",
  routes: "Zone, Workers Routes, Edit",
  account: "Account, Account Settings, Read",
} as const;

const permissionOf = (args: string[]): string => {
  const [command] = args;
  if (command === "d1") return tokenPermissions.d1;
  if (command === "queues") return tokenPermissions.queues;
  if (command === "whoami") return tokenPermissions.account;
  if (command === "deploy") return `${tokenPermissions.workers}, and ${tokenPermissions.routes}`;
  return tokenPermissions.workers;
};

const again = "Then run the same command again: it continues where it ended.";

/** Codes of the system for a file that can't be read or written, and what is wrong with it. */
const fileFaults: Record<string, string> = {
  EACCES: "this user may not read or write it",
  EPERM: "this user may not read or write it",
  EROFS: "its disk is read-only",
  ENOSPC: "its disk is full",
  EDQUOT: "its disk is full",
  ENOTDIR: "a part of the path is a file",
  EISDIR: "it is a folder",
  EEXIST: "a part of the path is a file",
};

function explainFile(error: unknown): unknown {
  const { code = "", path } = error as NodeJS.ErrnoException;
  const fault = fileFaults[code];
  if (fault === undefined || path === undefined) return error;
  return new DeployProblem(`${path} can't be used: ${fault}.`, `Correct that. ${again}`);
}

/** Says a failure of wrangler or of a file in one sentence with the next step. Other errors stay what they are. */
export function explainFailure(error: unknown): unknown {
  if (!(error instanceof WranglerFailure)) return explainFile(error);
  const { code, message, args } = error;
  if (/CLOUDFLARE_API_TOKEN|not authenticated|"loggedIn":false|wrangler login/i.test(message))
    return new DeployProblem(
      "wrangler is not signed in.",
      `Run npx wrangler login, or set CLOUDFLARE_API_TOKEN in CI. ${again}`,
    );
  if ((code !== null && authenticationCodes.has(code)) || /authentication error/i.test(message))
    return new DeployProblem(
      "Cloudflare refused the token for this call.",
      `Give it the permission "${permissionOf(args)}" (docs/deploying.md lists all). ${again}`,
    );
  if (/fetch failed|resolve cloudflare|ECONNRE|ETIMEDOUT|EAI_AGAIN|ENOTFOUND/i.test(message))
    return new DeployProblem("Cloudflare can't be reached.", `Check the network. ${again}`);
  return new DeployProblem(
    `wrangler ${args.slice(0, 2).join(" ")} failed: ${message}${code === null ? "" : ` (code ${code})`}`,
    `Fix this first. ${again}`,
  );
}
