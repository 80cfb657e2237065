import { parseArgs } from "node:util";
import { deploy } from "./commands/deploy.ts";
import { destroy } from "./commands/destroy.ts";
import { restore } from "./commands/restore.ts";
import { rollback } from "./commands/rollback.ts";
import { type Rotatable, rotatable, rotateKeys } from "./commands/rotate-keys.ts";
import { status } from "./commands/status.ts";
import { type Context, openContext, type Surroundings } from "./context.ts";
import { maxDatabases } from "./databases.ts";
import { locations, type Settings } from "./environment.ts";
import { explainFailure } from "./failure.ts";
import { DeployProblem } from "./problem.ts";

const usage = `npm run deploy -- [command] --env <name> [options]

Commands
  deploy        (the default) create what is missing, migrate, deploy all workers; run again, it changes nothing
  status        what is deployed, and what needs attention
  rollback      return all workers to the release before
  rotate-keys   --keys stripe|webhook: add a wrapping key; --retire: remove the earlier ones
  restore       --to 2026-11-25T18:00:00Z: restore the database, or --database DATA_01
  destroy       delete the environment

Options
  --env NAME          production, staging, …: all names on the account carry it
  --domain HOST       the host name of API and portal; remembered
  --zone ZONE         the zone of the domain, if it is not the last two labels; remembered
  --secrets FOLDER    where to keep the copy of the secrets, outside of the checkout; remembered
  --location CODE     ${locations.join(", ")}: near most of your customers (default weur)
  --databases N       how many databases hold projects' data (default 1), never fewer than before; remembered
  --mail-from ADDRESS the sender of mails; remembered
  --metrics on|off    write metrics to Analytics Engine; remembered
  --log-level LEVEL   info, warn or error; remembered
  --log-share SHARE   0 to 1: the share of answered requests with a log line (default 0.1); remembered
  --dry-run           print the plan only
  --yes               confirm without a question`;

const commands = ["deploy", "status", "rollback", "rotate-keys", "restore", "destroy"] as const;
type Command = (typeof commands)[number];

/** Runs a command and returns the exit code. What an operator can act on is printed in two sentences. */
export async function runCommand(args: string[], surroundings: Surroundings): Promise<number> {
  const { print } = surroundings;
  try {
    const { values, positionals } = parse(args);
    if (values.help === true) {
      print(usage);
      return 0;
    }
    const command = readCommand(positionals);
    const settings = readGiven(values);
    const { env, yes = false, "dry-run": dryRun = false } = values;
    if (dryRun && command !== "deploy")
      throw new DeployProblem(`${command} has no dry run.`, "It prints its plan before you confirm.");
    const options = { ...(env === undefined ? {} : { env }), yes, dryRun, settings };
    await run(command, await openContext(options, surroundings), values);
    return 0;
  } catch (error) {
    const explained = explainFailure(error);
    if (!(explained instanceof DeployProblem)) throw explained;
    print(`✗ ${explained.message}\n  ${explained.next}`);
    return 1;
  }
}

type Values = ReturnType<typeof parse>["values"];

async function run(command: Command, context: Context, values: Values): Promise<void> {
  switch (command) {
    case "deploy":
      return deploy(context);
    case "status":
      return status(context);
    case "rollback":
      return rollback(context);
    case "rotate-keys":
      return rotateKeys(context, readKind(values.keys), { retire: values.retire === true });
    case "restore":
      return restore(context, values.to, values.database ?? "DB");
    case "destroy":
      return destroy(context);
  }
}

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        env: { type: "string" },
        domain: { type: "string" },
        zone: { type: "string" },
        secrets: { type: "string" },
        location: { type: "string" },
        databases: { type: "string" },
        database: { type: "string" },
        "mail-from": { type: "string" },
        metrics: { type: "string" },
        "log-level": { type: "string" },
        "log-share": { type: "string" },
        keys: { type: "string" },
        retire: { type: "boolean" },
        to: { type: "string" },
        "dry-run": { type: "boolean" },
        yes: { type: "boolean" },
        help: { type: "boolean" },
      },
    });
  } catch (error) {
    throw new DeployProblem((error as Error).message, "npm run deploy -- --help lists the options.");
  }
}

function readCommand([name = "deploy", ...others]: string[]): Command {
  const command = commands.find((known) => known === name);
  if (command !== undefined && others.length === 0) return command;
  throw new DeployProblem(
    `There is no command ${JSON.stringify([name, ...others].join(" "))}.`,
    `Commands are ${commands.join(", ")}.`,
  );
}

function readKind(kind: string | undefined): Rotatable | undefined {
  if (kind === undefined || kind in rotatable) return kind as Rotatable | undefined;
  throw new DeployProblem(
    `There are no keys ${JSON.stringify(kind)}.`,
    "Use --keys stripe, or --keys webhook.",
  );
}

function readGiven(values: Values): Partial<Settings> {
  return {
    ...(values.domain === undefined ? {} : { domain: values.domain }),
    ...(values.zone === undefined ? {} : { zone: values.zone }),
    ...(values.secrets === undefined ? {} : { secrets: values.secrets }),
    ...(values.location === undefined ? {} : { location: choose("location", values.location, locations) }),
    ...(values.databases === undefined ? {} : { databases: readCount(values.databases) }),
    ...(values["mail-from"] === undefined ? {} : { mailFrom: values["mail-from"] }),
    ...(values.metrics === undefined
      ? {}
      : { metrics: choose("metrics", values.metrics, ["on", "off"] as const) === "on" }),
    ...(values["log-level"] === undefined
      ? {}
      : { logLevel: choose("log-level", values["log-level"], ["info", "warn", "error"] as const) }),
    ...(values["log-share"] === undefined ? {} : { logShare: readShare(values["log-share"]) }),
  };
}

function readCount(value: string): number {
  const count = Number(value);
  if (Number.isInteger(count) && count >= 1 && count <= maxDatabases) return count;
  throw new DeployProblem(
    `--databases can't be ${JSON.stringify(value)}.`,
    `Choose a whole number from 1 to ${maxDatabases}.`,
  );
}

function readShare(value: string): number {
  const share = Number(value);
  if (value.trim() !== "" && share >= 0 && share <= 1) return share;
  throw new DeployProblem(
    `--log-share can't be ${JSON.stringify(value)}.`,
    "Choose a share from 0 to 1, for example 0.1 for one line in ten.",
  );
}

function choose<T extends string>(option: string, value: string, choices: readonly T[]): T {
  const found = choices.find((choice) => choice === value);
  if (found !== undefined) return found;
  throw new DeployProblem(
    `--${option} can't be ${JSON.stringify(value)}.`,
    `Choose one of ${choices.join(", ")}.`,
  );
}
