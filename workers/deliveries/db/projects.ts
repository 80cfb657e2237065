import { databaseNumberOf } from "../../../shared/kit/ids.ts";

const selectActive = `
  SELECT project_id AS projectId, name AS projectName FROM projects WHERE archived_at IS NULL`;

/** Returns the projects with data in the data database `database`. Archived projects are hidden, and so are their alerts. */
export async function listActiveProjects(
  db: D1Database,
  database: number,
): Promise<{ projectId: string; projectName: string }[]> {
  const { results } = await db.prepare(selectActive).all<{ projectId: string; projectName: string }>();
  return results.filter(({ projectId }) => databaseNumberOf(projectId) === database);
}
