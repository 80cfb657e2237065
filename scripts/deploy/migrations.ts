import { readdirSync } from "node:fs";
import { join } from "node:path";
import { rootDir } from "../../dev/stack/paths.ts";
import type { Context } from "./context.ts";
import { DeployProblem } from "./problem.ts";
import { sql } from "./sql.ts";
import { configFile } from "./worker-configs.ts";

export const ownMigrations = (): string[] =>
  readdirSync(join(rootDir, "migrations"))
    .filter((name) => name.endsWith(".sql"))
    .sort();

/**
 * Compares a database with `migrations/`.
 *
 * @throws DeployProblem if the database holds something else, or migrations of a newer release
 */
export async function readMigrations(
  context: Context,
  database = context.database,
): Promise<{ applied: string[]; pending: string[] }> {
  const { account, environment } = context;
  const own = ownMigrations();
  if ((await account.findDatabase(database)) === undefined) return { applied: [], pending: own };
  const config = configFile(environment, "licenzy-runtime");
  const tables = (await account.query(config, database, sql.listTables)).map(({ name }) => String(name));
  if (!tables.includes("d1_migrations")) {
    if (tables.length === 0) return { applied: [], pending: own };
    throw foreign(database, tables);
  }
  const applied = await readApplied({ account, database }, config);
  const unknown = applied.filter((name) => !own.includes(name));
  if (unknown.length === 0) return { applied, pending: own.filter((name) => !applied.includes(name)) };
  if (!applied.some((name) => own.includes(name))) throw foreign(database, unknown);
  throw new DeployProblem(
    `The database ${database} has the migration ${unknown.at(-1)} of a newer release.`,
    "Deploy that release or a later one: git pull, npm ci, and run the command again.",
  );
}

/** Returns the applied migrations, oldest first. */
export async function readApplied(
  { account, database }: Pick<Context, "account" | "database">,
  config: string,
): Promise<string[]> {
  const rows = await account.query(config, database, sql.listMigrations);
  return rows.map(({ name }) => String(name));
}

const foreign = (database: string, names: string[]) =>
  new DeployProblem(
    `The database ${database} is not Licenzy's: it contains ${names.slice(0, 3).join(", ")}.`,
    "Choose another --env, or rename or delete that database.",
  );
