import type { DrizzleD1Database } from "drizzle-orm/d1";
import { drizzle } from "drizzle-orm/d1";
import { databaseNumberOf } from "../kit/ids.ts";
import { DependencyUnavailableError } from "../kit/timeout.ts";

/**
 * The only place that picks a database (docs/decisions/0043-project-data-in-several-databases.md).
 *
 * `DB` is the control database: accounts, people, projects, products, keys, connections, the audit log and the state of
 * sweeps. The data of a project is in the data database that its id names. Data database 0 is `DB` itself, so an
 * installation with one database moves nothing; the others are bound as `DATA_01`, `DATA_02` and so on, without a gap. All
 * have the same tables.
 *
 * No statement and no batch names tables of both kinds, even where both are in one database
 * (test/architecture/databases.test.ts).
 */
export interface DatabasesEnv {
  DB: D1Database;
}

/** The two databases that a query about a project may need. */
export interface Databases {
  control: D1Database;
  data: D1Database;
}

export const nameOfDatabase = (number: number): string =>
  number === 0 ? "DB" : `DATA_${String(number).padStart(2, "0")}`;

/** Returns the name of a sweep's run in a data database, as the overview and alerts show it. */
export const nameOfRun = (sweep: string, database: number): string =>
  database === 0 ? sweep : `${sweep} in ${nameOfDatabase(database)}`;

/** Returns the numbers of the data databases that this worker has, in order. */
export function listDatabases(env: DatabasesEnv): number[] {
  const numbers = [0];
  while (nameOfDatabase(numbers.length) in env) numbers.push(numbers.length);
  return numbers;
}

/**
 * Returns a data database by its number. Throws `DependencyUnavailableError` where this worker lacks it: its version is
 * older than the database. The request can be repeated once the worker is deployed again.
 */
export function dataByNumber(env: DatabasesEnv, number: number): D1Database {
  const name = nameOfDatabase(number);
  const database = (env as unknown as Record<string, D1Database | undefined>)[name];
  if (database !== undefined) return database;
  const cause = new Error(`this worker has no binding ${name}: deploy it again`);
  throw new DependencyUnavailableError("D1", { cause });
}

/** Returns the database that holds the data of a project. Throws as `dataByNumber`. */
export const dataOf = (env: DatabasesEnv, { projectId }: { projectId: string }): D1Database =>
  dataByNumber(env, databaseNumberOf(projectId));

/** Returns `null` for what is no project id, or one of a database that this worker lacks. */
export function findDataOf(env: DatabasesEnv, project: { projectId: string }): D1Database | null {
  try {
    return dataOf(env, project);
  } catch {
    return null;
  }
}

export const databasesOf = (env: DatabasesEnv, project: { projectId: string }): Databases => ({
  control: env.DB,
  data: dataOf(env, project),
});

/**
 * Runs a batch in each of the two databases at the same time: one round trip to each, and one alone where both are the same
 * database. Only statements that need no common transaction may be run so. If one batch fails, the other may have taken
 * effect.
 */
export async function batchBoth(
  { control, data }: Databases,
  ofControl: D1PreparedStatement[],
  ofData: D1PreparedStatement[],
): Promise<[control: D1Result[], data: D1Result[]]> {
  if (control !== data) return Promise.all([control.batch(ofControl), data.batch(ofData)]);
  const results = await control.batch([...ofControl, ...ofData]);
  return [results.slice(0, ofControl.length), results.slice(ofControl.length)];
}

type Queries = Parameters<DrizzleD1Database["batch"]>[0];
type Rows<Q extends Queries> = { [Index in keyof Q]: Q[Index]["_"]["result"] };

/** `batchBoth` for queries of drizzle. */
export async function queryBoth<C extends Queries, D extends Queries>(
  { control, data }: Databases,
  ofControl: (database: DrizzleD1Database) => C,
  ofData: (database: DrizzleD1Database) => D,
): Promise<[control: Rows<C>, data: Rows<D>]> {
  const first = ofControl(drizzle(control));
  const second = ofData(drizzle(data));
  if (control !== data)
    return Promise.all([
      drizzle(control).batch(first) as Promise<unknown> as Promise<Rows<C>>,
      drizzle(data).batch(second) as Promise<unknown> as Promise<Rows<D>>,
    ]);
  const results = (await drizzle(control).batch([
    ...first,
    ...second,
  ] as unknown as Queries)) as readonly unknown[];
  return [
    results.slice(0, first.length) as unknown as Rows<C>,
    results.slice(first.length) as unknown as Rows<D>,
  ];
}
