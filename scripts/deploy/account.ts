import { z } from "zod";
import { readFailure, WranglerFailure } from "./failure.ts";
import { parseJson } from "./parse-json.ts";
import { DeployProblem } from "./problem.ts";
import type { RunWrangler } from "./wrangler.ts";

const identity = z.object({ accounts: z.array(z.object({ id: z.string(), name: z.string() })) });
const databaseList = z.array(z.object({ uuid: z.string(), name: z.string() }));
const secretList = z.array(z.object({ name: z.string() }));
const queryResults = z.array(z.object({ results: z.array(z.record(z.string(), z.unknown())) }));
const bookmark = z.object({ bookmark: z.string() });
const restored = z.object({ previous_bookmark: z.string().optional() });
const annotations = z.record(z.string(), z.string()).optional();
const versionList = z.array(
  z.object({ id: z.string(), metadata: z.object({ created_on: z.string() }), annotations }),
);
const deployment = z.object({
  created_on: z.string(),
  versions: z.array(z.object({ version_id: z.string(), percentage: z.number() })),
});

export type Version = z.infer<typeof versionList>[number];

interface WorkerVersions {
  /** The 10 newest, oldest first. */
  versions: Version[];
  /** The one that serves all requests; undefined if there is none, or more than one. */
  current: Version | undefined;
  /** When it began to serve. */
  since: string | undefined;
}

/** Cloudflare's code for a worker that the account does not have. */
const workerNotFound = 10007;

const annotation = (version: Version | undefined, name: string) => version?.annotations?.[`workers/${name}`];

/** The release that a version carries: the tag with which it was deployed. */
export const tagOf = (version: Version | undefined): string | undefined => annotation(version, "tag");
export const messageOf = (version: Version | undefined): string | undefined => annotation(version, "message");
/** A change of a secret makes a version too. */
export const isSecretChange = (version: Version): boolean => annotation(version, "triggered_by") === "secret";

/**
 * The Cloudflare account as wrangler shows it. Reads use wrangler's JSON.
 *
 * @throws WranglerFailure if a call fails; DeployProblem if it prints something else than expected
 */
export class Account {
  constructor(private readonly run: RunWrangler) {}

  async identify(): Promise<{ id: string; name: string }[]> {
    return (await this.read(["whoami", "--json"], identity)).accounts;
  }

  async findDatabase(name: string): Promise<string | undefined> {
    return (await this.listDatabases()).get(name);
  }

  /** Returns the ids of the account's databases by name. */
  async listDatabases(): Promise<Map<string, string>> {
    const databases = await this.read(["d1", "list", "--json"], databaseList);
    return new Map(databases.map(({ name, uuid }) => [name, uuid]));
  }

  async createDatabase(name: string, location: string): Promise<void> {
    await this.call(["d1", "create", name, "--location", location, "--update-config=false"]);
  }

  /** Runs one statement on the remote database and returns its rows. */
  async query(config: string, name: string, sql: string): Promise<Record<string, unknown>[]> {
    const args = ["d1", "execute", name, "--remote", "--yes", "--json", "-c", config, "--command", sql];
    return (await this.read(args, queryResults)).at(-1)?.results ?? [];
  }

  async applyMigrations(config: string, name: string): Promise<void> {
    await this.call(["d1", "migrations", "apply", name, "--remote", "-c", config]);
  }

  /** Returns how many consumers a queue has, or undefined if there is no such queue. */
  async findQueue(name: string): Promise<{ consumers: number | null } | undefined> {
    const args = ["queues", "info", name];
    const result = await this.run(args);
    if (result.code === 0) {
      // The one read without JSON. Only `status` uses the number.
      const [, consumers] = /^Number of Consumers: (\d+)$/m.exec(result.stdout) ?? [];
      return { consumers: consumers === undefined ? null : Number(consumers) };
    }
    const failure = readFailure(args, result);
    if (/does not exist/.test(failure.message)) return undefined;
    throw failure;
  }

  async createQueue(name: string): Promise<void> {
    await this.call(["queues", "create", name]);
  }

  /** Returns the names of a worker's secrets, or undefined if there is no such worker. */
  async listSecrets(worker: string): Promise<string[] | undefined> {
    const args = ["secret", "list", "--format", "json", "--name", worker];
    const secrets = await this.ifWorker(this.read(args, secretList));
    return secrets?.map(({ name }) => name);
  }

  /** Sets secrets. A worker that does not exist is created empty, so that others can bind it. */
  async putSecrets(worker: string, secrets: Record<string, string>): Promise<void> {
    await this.call(["secret", "bulk", "--name", worker], JSON.stringify(secrets));
  }

  async deleteSecret(worker: string, name: string): Promise<void> {
    await this.call(["secret", "delete", name, "--name", worker]);
  }

  /** Returns the versions of a worker, and which of them serves. A worker that does not exist has none. */
  async readVersions(worker: string): Promise<WorkerVersions> {
    const [listed = [], latest] = await Promise.all([
      this.ifWorker(this.read(["versions", "list", "--json", "--name", worker], versionList)),
      this.ifWorker(this.read(["deployments", "status", "--json", "--name", worker], deployment)),
    ]);
    const versions = listed.sort((a, b) => a.metadata.created_on.localeCompare(b.metadata.created_on));
    const [only, ...others] = latest?.versions ?? [];
    const current = others.length > 0 ? undefined : versions.find(({ id }) => id === only?.version_id);
    return { versions, current, since: latest?.created_on };
  }

  async deploy(config: string, tag: string, message: string): Promise<void> {
    await this.call(["deploy", "-c", config, "--tag", tag, "--message", message]);
  }

  async rollBack(worker: string, versionId: string, message: string): Promise<void> {
    await this.call(["rollback", versionId, "--name", worker, "--message", message, "--yes"]);
  }

  async findBookmark(name: string, timestamp?: string): Promise<string> {
    const at = timestamp === undefined ? [] : ["--timestamp", timestamp];
    return (await this.read(["d1", "time-travel", "info", name, ...at, "--json"], bookmark)).bookmark;
  }

  /** Restores the database and returns the bookmark that undoes it. */
  async restoreDatabase(name: string, to: string): Promise<string | undefined> {
    const args = ["d1", "time-travel", "restore", name, "--bookmark", to, "--json"];
    return (await this.read(args, restored)).previous_bookmark;
  }

  async deleteWorker(name: string): Promise<void> {
    await this.call(["delete", "--name", name, "--force"]);
  }

  async deleteQueue(name: string): Promise<void> {
    await this.call(["queues", "delete", name]);
  }

  async deleteDatabase(name: string): Promise<void> {
    await this.call(["d1", "delete", name, "--skip-confirmation"]);
  }

  private async call(args: string[], input?: string): Promise<string> {
    const result = await this.run(args, input);
    if (result.code !== 0) throw readFailure(args, result);
    return result.stdout;
  }

  private async read<T>(args: string[], schema: z.ZodType<T>): Promise<T> {
    const printed = await this.call(args);
    const parsed = schema.safeParse(parsePrinted(printed));
    if (parsed.success) return parsed.data;
    throw new DeployProblem(
      `wrangler ${args.slice(0, 2).join(" ")} printed something unexpected: ${printed.trim().slice(0, 120)}`,
      "Run npm ci, which installs the version of wrangler that this command knows, and try again.",
    );
  }

  private async ifWorker<T>(reading: Promise<T>): Promise<T | undefined> {
    try {
      return await reading;
    } catch (error) {
      if (error instanceof WranglerFailure && isMissingWorker(error)) return undefined;
      throw error;
    }
  }
}

const isMissingWorker = ({ code, message }: WranglerFailure): boolean =>
  code === workerNotFound || /has no deployments|does not exist on your account/i.test(message);

/** Parses the JSON in what wrangler printed. Warnings may come before it. */
function parsePrinted(text: string): unknown {
  const start = text.search(/^[[{]/m);
  return start === -1 ? undefined : parseJson(text.slice(start));
}
