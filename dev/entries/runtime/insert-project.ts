import { drizzle } from "drizzle-orm/d1";
import { accounts, projects } from "../../../shared/db/tables/configuration.ts";

/** Inserts an account and its first project, for tests and the seed. */
export async function insertAccountWithProject(
  db: D1Database,
  account: typeof accounts.$inferInsert,
  project: typeof projects.$inferInsert,
): Promise<void> {
  const database = drizzle(db);
  await database.batch([
    database.insert(accounts).values(account),
    database.insert(projects).values(project),
  ]);
}
