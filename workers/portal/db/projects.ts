import { and, eq } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { type Actor, auditIfChanged } from "../../../shared/db/audit.ts";
import type { ProjectRow } from "../../../shared/db/projects.ts";
import { projects } from "../../../shared/db/tables/configuration.ts";

/** Inserts the project. Returns whether it is new: a form submitted twice carries the same project id. */
export async function insertProject(
  db: D1Database,
  actor: Actor,
  project: typeof projects.$inferInsert,
): Promise<boolean> {
  const database = drizzle(db);
  const { projectId, name, region } = project;
  const entry = { actor, at: project.createdAt, action: "project.create" as const, target: name, projectId };
  const [{ meta }] = await database.batch([
    database.insert(projects).values(project).onConflictDoNothing(),
    auditIfChanged(database, { ...entry, after: { name, region } }),
  ]);
  return meta.changes > 0;
}

export interface ProjectChange {
  action: "project.archive" | "project.restore" | "project.change_settings";
  before: Partial<ProjectRow>;
  after: Partial<Pick<ProjectRow, "name" | "archivedAt" | "successUrl" | "cancelUrl" | "graceDays">>;
}

/**
 * Changes a project of the actor's account. With `version` (its `updated_at` when the form was rendered),
 * only if the project has not changed since. Returns whether it was changed.
 */
export async function changeProject(
  db: D1Database,
  actor: Actor,
  project: { projectId: string; name: string; version?: number },
  { action, before, after }: ProjectChange,
  now: number,
): Promise<boolean> {
  const database = drizzle(db);
  const { projectId, name, version } = project;
  const [{ meta }] = await database.batch([
    database
      .update(projects)
      .set({ ...after, updatedAt: now })
      .where(
        and(
          eq(projects.projectId, projectId),
          eq(projects.accountId, actor.accountId),
          version === undefined ? undefined : eq(projects.updatedAt, version),
        ),
      ),
    auditIfChanged(database, { actor, at: now, action, target: name, projectId, before, after }),
  ]);
  return meta.changes > 0;
}
