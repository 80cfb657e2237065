import { randomUUID } from "node:crypto";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { sql } from "../../../scripts/deploy/sql.ts";
import type { WranglerResult } from "../../../scripts/deploy/wrangler.ts";

export interface StandInVersion {
  id: string;
  created_on: string;
  tag?: string;
  message?: string;
  triggeredBy?: string;
  secrets: Record<string, string>;
}

export interface StandInWorker {
  secrets: Record<string, string>;
  versions: StandInVersion[];
  serving: string | null;
  routes: unknown[];
}

export interface StandInDatabase {
  uuid: string;
  location: string;
  /** Tables of others; ours come with the migrations. */
  foreignTables: string[];
  migrations: string[] | null;
  lock: { holder: string; until: number } | null;
  hasOperator: boolean;
  sealed: { what: string; key: string }[];
  restoredTo: string | null;
  /** The last statement that makes Stripe's events be read again. */
  readAgain?: string;
  /** The settings that a deployment stored. */
  settings?: string;
}

/** A Cloudflare account, as far as the deployment commands use one. */
export interface StandInState {
  signedIn: boolean;
  zones: string[];
  /** The commands that the token may not run, by their first word. */
  forbidden: string[];
  databases: Record<string, StandInDatabase>;
  queues: Record<string, { consumers: number }>;
  workers: Record<string, StandInWorker>;
  /** The migration at which `apply` fails. */
  brokenMigration: string | null;
  clock: number;
}

/** What goes wrong at one call: nothing happens, it happens but the answer is lost, or the answer is no JSON. */
export type Fault = "before" | "after" | "garbage";

export const emptyState = (): StandInState => ({
  signedIn: true,
  zones: ["example.com"],
  forbidden: [],
  databases: {},
  queues: {},
  workers: {},
  brokenMigration: null,
  clock: Date.UTC(2026, 10, 29),
});

class Failure extends Error {
  constructor(
    message: string,
    readonly code?: number,
  ) {
    super(code === undefined ? message : `${message} [code: ${code}]`);
  }
}

interface Config {
  name: string;
  main: string;
  d1_databases: { database_name: string; database_id: string; migrations_dir: string }[];
  queues: { producers: { queue: string }[]; consumers: { queue: string; dead_letter_queue?: string }[] };
  services: { service: string }[];
  routes: ({ pattern: string; zone_name?: string; custom_domain?: boolean } | string)[];
}

/**
 * Stands in for the `wrangler` program: the same arguments, output and error codes, over an account that is kept in
 * `state`. Refuses what Cloudflare refuses: bindings to what does not exist, zones of others, names that are taken.
 */
export class WranglerStandIn {
  /** The arguments of every call. */
  readonly calls: string[][] = [];

  constructor(
    readonly state: StandInState,
    private readonly faults: Map<number, Fault> = new Map(),
  ) {}

  readonly run = (args: string[], input = ""): Promise<WranglerResult> => {
    this.calls.push(args);
    const fault = this.faults.get(this.calls.length);
    this.state.clock += 1000;
    if (fault === "before") return Promise.resolve(failed("fetch failed"));
    if (fault === "garbage")
      return Promise.resolve({ code: 0, stdout: "▲ A new version is out!\n", stderr: "", output: "" });
    try {
      if (!this.state.signedIn)
        throw new Failure(
          "In a non-interactive environment, it's necessary to set a CLOUDFLARE_API_TOKEN environment variable",
        );
      if (this.state.forbidden.includes(args[0] ?? "")) throw new Failure("Authentication error", 10000);
      const stdout = this.perform(args, input);
      if (fault === "after") return Promise.resolve(failed("fetch failed"));
      return Promise.resolve({ code: 0, stdout, stderr: "", output: "" });
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      return Promise.resolve(failed(error.message, error.code));
    }
  };

  private perform(args: string[], input: string): string {
    const [first = "", second = "", third = ""] = args;
    const option = (name: string) => args[args.indexOf(name) + 1] ?? "";
    switch (first) {
      case "whoami":
        return JSON.stringify({ loggedIn: true, accounts: [{ id: "acc1", name: "Acme" }] });
      case "d1":
        return this.d1(args, second, third, option);
      case "queues":
        return this.queue(second, third);
      case "secret":
        return this.secret(second, third, option("--name"), input);
      case "deploy":
        return this.deploy(option("-c"), option("--tag"), option("--message"));
      case "versions":
        return JSON.stringify(this.worker(option("--name")).versions.slice(-10).map(shownVersion));
      case "deployments":
        return this.deployment(option("--name"));
      case "rollback":
        return this.rollback(second, option("--name"));
      case "delete":
        delete this.state.workers[option("--name")];
        return "Successfully deleted";
      default:
        throw new Error(`the stand-in does not know: wrangler ${args.join(" ")}`);
    }
  }

  private d1(args: string[], command: string, name: string, option: (name: string) => string): string {
    const { databases } = this.state;
    if (command === "list")
      return JSON.stringify(Object.entries(databases).map(([key, { uuid }]) => ({ uuid, name: key })));
    if (command === "create") {
      if (databases[name] !== undefined) throw new Failure("A database with that name already exists");
      databases[name] = newDatabase(option("--location"));
      return `✅ Successfully created DB '${name}'`;
    }
    if (command === "delete") {
      delete databases[name];
      return "Deleted";
    }
    // d1 execute NAME, but d1 migrations apply NAME and d1 time-travel restore NAME.
    const database = databases[command === "execute" ? name : (args[3] ?? "")];
    if (database === undefined) throw new Failure("Couldn't find a DB with this name");
    if (command === "execute") return JSON.stringify(this.execute(database, option("--command")));
    if (command === "migrations") return this.migrate(database, option("-c"));
    if (name === "info")
      return JSON.stringify({ bookmark: args.includes("--timestamp") ? "bookmark-then" : "bookmark-now" });
    database.restoredTo = option("--bookmark");
    return JSON.stringify({ bookmark: database.restoredTo, previous_bookmark: "bookmark-now" });
  }

  private migrate(database: StandInDatabase, configPath: string): string {
    const config = readConfig(configPath);
    const folder = resolve(dirname(configPath), config.d1_databases[0]?.migrations_dir ?? "");
    if (!existsSync(folder)) throw new Failure(`No migrations present at ${folder}.`);
    const files = readdirSync(folder).filter((name) => name.endsWith(".sql"));
    for (const name of files.sort().filter((file) => !(database.migrations ?? []).includes(file))) {
      if (name === this.state.brokenMigration)
        throw new Failure(`Migration ${name} failed: near "SELEC": syntax error`);
      database.migrations = [...(database.migrations ?? []), name];
    }
    return "✅";
  }

  private execute(database: StandInDatabase, command: string): { results: Record<string, unknown>[] }[] {
    const rows = (results: Record<string, unknown>[]) => [{ results, success: true }];
    const { lock, migrations } = database;
    const claim = /^INSERT INTO deploy_lock VALUES \(1, '([^']+)'/.exec(command.split("; ")[1] ?? "");
    if (claim !== null) {
      const [, holder = ""] = claim;
      const isFree = lock === null || lock.holder === holder || lock.until * 1000 <= this.state.clock;
      if (isFree) database.lock = { holder, until: this.state.clock / 1000 + 900 };
      return [{ results: [] }, { results: isFree ? [{ holder }] : [] }];
    }
    const released = /^DELETE FROM deploy_lock WHERE holder = '([^']+)'/.exec(command);
    if (released !== null) {
      if (lock?.holder === released[1]) database.lock = null;
      return rows([]);
    }
    const stored = /^INSERT INTO deploy_settings VALUES \(1, CAST\(x'([0-9a-f]*)'/.exec(
      command.split("; ")[1] ?? "",
    );
    if (stored !== null) {
      database.settings = Buffer.from(stored[1] ?? "", "hex").toString();
      return [{ results: [] }, { results: [] }];
    }
    if (command.startsWith("UPDATE stripe_connections SET swept_to")) {
      database.readAgain = command;
      return rows([]);
    }
    switch (command) {
      case sql.listTables: {
        const own = migrations === null ? [] : ["d1_migrations", "operators", "projects"];
        return rows([...database.foreignTables, ...own].map((name) => ({ name })));
      }
      case sql.listMigrations:
        return rows((migrations ?? []).map((name) => ({ name })));
      case sql.findOperatorsTable:
        return rows(migrations === null ? [] : [{ found: 1 }]);
      case sql.findOperator:
        return rows(database.hasOperator ? [{ found: 1 }] : []);
      case sql.findSettingsTable:
        return rows(database.settings === undefined ? [] : [{ found: 1 }]);
      case sql.readSettings:
        return rows([{ settings: database.settings }]);
      case sql.readLock:
        return rows(lock === null ? [] : [{ ...lock }]);
      case sql.lastEvaluation:
        return rows([{ age: database.hasOperator ? 20 : null }]);
      case sql.newestEvents:
        return rows([]);
      case sql.sealedByStripeKeys:
      case sql.sealedByWebhookKeys:
        return rows(database.sealed);
      default:
        throw new Error(`the stand-in does not know the statement: ${command}`);
    }
  }

  private queue(command: string, name: string): string {
    const { queues } = this.state;
    const found = queues[name];
    if (command === "create") {
      if (found !== undefined) throw new Failure(`Queue name '${name}' is already taken`, 11009);
      queues[name] = { consumers: 0 };
      return `✅ Created queue '${name}'`;
    }
    if (found === undefined)
      throw new Failure(`Queue "${name}" does not exist. To create it, run: wrangler queues create ${name}`);
    if (command === "delete") {
      delete queues[name];
      return `Deleted queue ${name}.`;
    }
    return `Queue Name: ${name}\nNumber of Producers: 1\nNumber of Consumers: ${found.consumers}\n`;
  }

  private worker(name: string): StandInWorker {
    const worker = this.state.workers[name];
    if (worker === undefined) throw new Failure("This Worker does not exist on your account.", 10007);
    return worker;
  }

  private secret(command: string, key: string, name: string, input: string): string {
    if (command === "list")
      return JSON.stringify(Object.keys(this.worker(name).secrets).map((one) => ({ name: one })));
    this.state.workers[name] ??= { secrets: {}, versions: [], serving: null, routes: [] };
    const worker = this.worker(name);
    if (command === "delete") delete worker.secrets[key];
    else Object.assign(worker.secrets, JSON.parse(input));
    // A changed secret makes a version, which serves at once; so does the empty worker.
    const serving = worker.versions.find(({ id }) => id === worker.serving);
    this.addVersion(worker, {
      ...(serving?.tag === undefined ? {} : { tag: serving.tag, message: serving.message ?? "" }),
      triggeredBy: "secret",
    });
    return "✨ Success!";
  }

  private addVersion(worker: StandInWorker, version: Partial<StandInVersion>): void {
    const created_on = new Date(this.state.clock).toISOString();
    const made = { id: randomUUID(), created_on, secrets: { ...worker.secrets }, ...version };
    worker.versions.push(made);
    worker.serving = made.id;
  }

  private deploy(configPath: string, tag: string, message: string): string {
    const config = readConfig(configPath);
    const { state } = this;
    if (tag.length > 25 || message.length > 100) throw new Failure("The annotation is too long", 10021);
    const unknownQueue = [
      ...config.queues.producers.map(({ queue }) => queue),
      ...config.queues.consumers.flatMap(({ queue, dead_letter_queue }) => [
        queue,
        dead_letter_queue ?? queue,
      ]),
    ].find((queue) => state.queues[queue] === undefined);
    if (unknownQueue !== undefined)
      throw new Failure(`Queue "${unknownQueue}" does not exist. To create it, run: wrangler queues create`);
    const unknownService = config.services.find(({ service }) => state.workers[service] === undefined);
    if (unknownService !== undefined)
      throw new Failure(
        `Could not resolve service binding. Target '${unknownService.service}' not found.`,
        10143,
      );
    for (const { database_id, database_name } of config.d1_databases)
      if (state.databases[database_name]?.uuid !== database_id)
        throw new Failure("binding DB of type d1 must have a database that exists", 10181);
    for (const route of config.routes) {
      const { pattern, zone_name } =
        typeof route === "string" ? { pattern: route, zone_name: undefined } : route;
      const zone = zone_name ?? state.zones.find((own) => pattern.endsWith(own));
      if (zone === undefined || !state.zones.includes(zone))
        throw new Failure(
          `Could not find zone for \`${pattern}\`. Make sure the domain is set up to be proxied by Cloudflare.`,
        );
    }
    if (!existsSync(resolve(dirname(configPath), config.main)))
      throw new Failure(`No such file: ${config.main}`);
    state.workers[config.name] ??= { secrets: {}, versions: [], serving: null, routes: [] };
    const worker = this.worker(config.name);
    worker.routes = config.routes;
    for (const { queue } of config.queues.consumers) state.queues[queue] = { consumers: 1 };
    this.addVersion(worker, { tag, message });
    return "Uploaded";
  }

  private deployment(name: string): string {
    const { serving } = this.worker(name);
    const version = this.worker(name).versions.find(({ id }) => id === serving);
    if (version === undefined) throw new Failure(`The Worker ${name} has no deployments.`);
    return JSON.stringify({
      created_on: version.created_on,
      versions: [{ version_id: version.id, percentage: 100 }],
    });
  }

  private rollback(versionId: string, name: string): string {
    const worker = this.worker(name);
    const version = worker.versions.find(({ id }) => id === versionId);
    if (version === undefined) throw new Failure("Version not found", 10021);
    worker.serving = version.id;
    worker.secrets = { ...version.secrets };
    return "SUCCESS";
  }
}

function readConfig(path: string): Config {
  return JSON.parse(readFileSync(path, "utf8")) as Config;
}

function shownVersion({ id, created_on, tag, message, triggeredBy }: StandInVersion) {
  const annotations = {
    ...(tag === undefined ? {} : { "workers/tag": tag }),
    ...(message === undefined ? {} : { "workers/message": message }),
    ...(triggeredBy === undefined ? {} : { "workers/triggered_by": triggeredBy }),
  };
  return { id, number: 1, metadata: { created_on, source: "wrangler" }, annotations };
}

export const newDatabase = (location = "weur"): StandInDatabase => ({
  uuid: randomUUID(),
  location,
  foreignTables: [],
  migrations: null,
  lock: null,
  hasOperator: false,
  sealed: [],
  restoredTo: null,
});

function failed(message: string, code?: number): WranglerResult {
  const line = { type: "command-failed", version: 1, ...(code === undefined ? {} : { code }), message };
  const stderr = `✘ [ERROR] ${message}\n\n🪵  Logs were written to "wrangler.log"\n`;
  return { code: 1, stdout: "", stderr, output: `${JSON.stringify(line)}\n` };
}

/** Runs as a program, for tests of the command line: the account is the file in `STAND_IN_ACCOUNT`. */
export async function runAsProgram(file: string): Promise<void> {
  const state = existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as StandInState) : emptyState();
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  const result = await new WranglerStandIn(state).run(
    process.argv.slice(2),
    Buffer.concat(chunks).toString(),
  );
  writeFileSync(file, JSON.stringify(state));
  process.stdout.write(result.stdout);
  process.stderr.write(result.stderr);
  const outputFile = process.env["WRANGLER_OUTPUT_FILE_PATH"];
  if (outputFile !== undefined) writeFileSync(outputFile, result.output);
  process.exitCode = result.code;
}
