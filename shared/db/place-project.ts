import { databaseNumberOf } from "../kit/ids.ts";
import { type DatabasesEnv, listDatabases } from "./databases.ts";

/**
 * Returns the number of the data database for a new project: of those that this worker has, the one with the fewest
 * projects, archived ones included.
 */
export async function chooseDatabase(env: DatabasesEnv): Promise<number> {
  const numbers = listDatabases(env);
  if (numbers.length === 1) return 0;
  const { results } = await env.DB.prepare("SELECT project_id AS projectId FROM projects").all<{
    projectId: string;
  }>();
  const counts = numbers.map(() => 0);
  for (const { projectId } of results) {
    const number = databaseNumberOf(projectId);
    counts[number] = (counts[number] ?? 0) + 1;
  }
  return numbers.reduce((best, each) => ((counts[each] ?? 0) < (counts[best] ?? 0) ? each : best), 0);
}

/** Returns whether this worker has the database that the project id names. */
export const hasDatabaseOf = (env: DatabasesEnv, projectId: string): boolean =>
  listDatabases(env).includes(databaseNumberOf(projectId));
