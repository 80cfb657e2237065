import { Account } from "./account.ts";
import { readSettings, type Settings } from "./environment.ts";
import { checkEnvironmentName, database, nameIn } from "./names.ts";
import { DeployProblem } from "./problem.ts";
import type { RunWrangler } from "./wrangler.ts";

/** What the commands need from outside. Tests replace it. */
export interface Surroundings {
  run: RunWrangler;
  fetch: (url: string, init?: RequestInit) => Promise<Response>;
  print: (line: string) => void;
  /** Returns what the operator types, or null without a terminal. */
  prompt: (question: string) => Promise<string | null>;
  sleep: (milliseconds: number) => Promise<void>;
}

export interface Options {
  env?: string;
  yes: boolean;
  dryRun: boolean;
  settings: Partial<Settings>;
}

export interface Context extends Surroundings {
  account: Account;
  environment: string;
  settings: Settings;
  /** The name of the environment's database. */
  database: string;
  options: Options;
}

export async function openContext(options: Options, surroundings: Surroundings): Promise<Context> {
  const environment = checkEnvironmentName(options.env);
  const settings = await readSettings(environment, options.settings);
  const account = new Account(surroundings.run);
  return {
    ...surroundings,
    account,
    environment,
    settings,
    database: nameIn(environment, database),
    options,
  };
}

/** @throws DeployProblem if several accounts are possible and none is chosen */
export async function checkAccount({ account, print }: Context): Promise<void> {
  const accounts = await account.identify();
  const chosen = process.env["CLOUDFLARE_ACCOUNT_ID"];
  const found = chosen === undefined ? accounts : accounts.filter(({ id }) => id === chosen);
  const [only, ...others] = found;
  if (only === undefined)
    throw new DeployProblem(
      chosen === undefined ? "This sign-in has no account." : `This sign-in can't see the account ${chosen}.`,
      "Sign in with npx wrangler login as a member of the account, or correct CLOUDFLARE_ACCOUNT_ID.",
    );
  if (others.length > 0)
    throw new DeployProblem(
      `This sign-in has several accounts: ${found.map(({ id, name }) => `${name} (${id})`).join(", ")}.`,
      "Set CLOUDFLARE_ACCOUNT_ID to the one to use.",
    );
  print(`= Account ${only.name}`);
}

/** @throws DeployProblem unless the operator types the environment's name, or gave --yes */
export async function confirmByName(context: Context, question: string): Promise<void> {
  const { environment, options, prompt } = context;
  if (options.yes) return;
  const typed = await prompt(`${question} Type ${environment} to continue: `);
  if (typed?.trim() === environment) return;
  throw new DeployProblem(
    "Nothing was changed.",
    typed === null ? "Without a terminal, add --yes to confirm." : `Type exactly ${environment} to confirm.`,
  );
}

/** Returns the id of the environment's database. */
export async function requireDatabase({ account, database: name, environment }: Context): Promise<string> {
  const id = await account.findDatabase(name);
  if (id !== undefined) return id;
  throw new DeployProblem(
    `The account has no environment ${environment}: there is no database ${name}.`,
    `Deploy it first: npm run deploy -- --env ${environment}`,
  );
}
