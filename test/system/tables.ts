import { nameOfDatabase } from "../../shared/db/databases.ts";
import { databaseNumberOf } from "../../shared/kit/ids.ts";
import type { World } from "./world.ts";

/**
 * Returns the number of rows and a hash of each table, of the project's and the account's rows where a column names them. A
 * project's data has the names of its tables, whichever database holds it. The tables of a further database are there too, with
 * its name before theirs.
 */
export async function fetchTables({
  origin,
  projectId,
  accountId,
}: Pick<World, "origin" | "projectId" | "accountId">): Promise<
  Record<string, { rows: number; digest: string }>
> {
  const reply = await fetch(`${origin}/__dev/tables?project=${projectId}&account=${accountId}`);
  const tables = (await reply.json()) as Record<string, { rows: number; digest: string }>;
  const prefix = `${nameOfDatabase(databaseNumberOf(projectId))}.`;
  const own = Object.entries(tables).flatMap(([name, digest]) =>
    name.startsWith(prefix) ? [[name.slice(prefix.length), digest] as const] : [],
  );
  return { ...tables, ...Object.fromEntries(own) };
}
