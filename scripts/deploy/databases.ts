import { nameOfDatabase } from "../../shared/db/databases.ts";
import type { Context } from "./context.ts";
import { database as controlDatabase, nameIn } from "./names.ts";
import { DeployProblem } from "./problem.ts";

/** A database of an environment. */
export interface EnvironmentDatabase {
  /** `DB` for the control database, which is the first data database; then `DATA_01`, `DATA_02` and so on. */
  binding: string;
  name: string;
  /** Undefined if the account does not have it yet. */
  id: string | undefined;
}

/** Projects are not moved, so a number that was reached once stays. */
export const maxDatabases = 100;

/** Returns the name of the data database `number` in an environment. */
const databaseName = (environment: string, number: number): string =>
  nameIn(
    environment,
    number === 0 ? controlDatabase : `licenzy-${nameOfDatabase(number).toLowerCase().replace("_", "-")}`,
  );

/**
 * Returns the databases that the environment has or is to have, the control database first: as many as the settings say, and
 * never fewer than the account has.
 *
 * @throws DeployProblem if --databases is fewer
 */
export async function readDatabases({
  account,
  environment,
  settings,
  options,
}: Pick<Context, "account" | "environment" | "settings" | "options">): Promise<EnvironmentDatabase[]> {
  const ids = await account.listDatabases();
  const present = Array.from({ length: maxDatabases }, (_, number) => number).findLast((number) =>
    ids.has(databaseName(environment, number)),
  );
  const existing = present === undefined ? 0 : present + 1;
  const given = options.settings.databases;
  if (given !== undefined && given < existing)
    throw new DeployProblem(
      `${environment} has ${existing} databases, and projects stay in theirs.`,
      `Use --databases ${existing}, or more.`,
    );
  return Array.from({ length: Math.max(settings.databases, existing) }, (_, number) => {
    const name = databaseName(environment, number);
    return { binding: nameOfDatabase(number), name, id: ids.get(name) };
  });
}
