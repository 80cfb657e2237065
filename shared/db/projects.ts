import { eq } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { projects } from "./tables/configuration.ts";

export type ProjectRow = typeof projects.$inferSelect;

export async function readProjectSettings(db: D1Database, projectId: string): Promise<ProjectRow | null> {
  const rows = await drizzle(db).select().from(projects).where(eq(projects.projectId, projectId));
  return rows[0] ?? null;
}
