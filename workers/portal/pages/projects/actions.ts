import * as projects from "../../../../shared/contract/operations/projects.ts";
import { hasDatabaseOf } from "../../../../shared/db/place-project.ts";
import type { Confirmation } from "../../auth/confirm-first.tsx";
import { renderErrorPage } from "../../components/error-page.tsx";
import { changeProject, insertProject } from "../../db/projects.ts";
import { parseForm } from "../../http/call-operation.ts";
import { redirectWith } from "../../http/flash.ts";
import { readField, readForm } from "../../http/form.ts";
import { buildProjectPath, type Form, type PortalContext, toActor } from "../../request-context.ts";
import { renderProjectsPage } from "./page.tsx";

export const showProjects = (c: PortalContext) => renderProjectsPage(c);

export async function createProject(c: PortalContext) {
  const form = await readForm(c);
  const fields = {
    projectId: readField(form, "project_id"),
    name: readField(form, "name"),
    region: form["region"],
  };
  const parsed = parseForm(projects.createProject.input, fields);
  if (parsed.outcome === "invalid")
    return renderProjectsPage(c, { values: form, errors: parsed.errors }, 422);
  const { projectId, name, region } = parsed.input;
  // Only while versions of different age serve the portal: the page was made by one with more databases.
  if (!hasDatabaseOf(c.env, projectId))
    return renderProjectsPage(c, { values: withoutId(form), errors: { "": databaseMissing } }, 409);
  const now = c.get("now");
  const { accountId } = c.get("member");
  const project = { projectId, accountId, name, region, createdAt: now, updatedAt: now };
  const isNew = await insertProject(c.env.DB, toActor(c), project);
  const path = buildProjectPath(projectId, "test");
  return isNew
    ? redirectWith(c, path, `Project ${name} created.`)
    : redirectWith(c, "/projects", "This project was already created.");
}

const databaseMissing =
  "Licenzy is being updated, and nothing was created. Wait a minute, then create the project again.";

/** The form gets another id, of a database that is there. */
const withoutId = ({ project_id: _, ...values }: Form): Form => values;

export function confirmArchiving(c: PortalContext, form: Form): Confirmation | null {
  const project = c.get("member").projects.find(({ projectId }) => projectId === form["project"]);
  if (project === undefined) return null;
  return {
    title: `Archive ${project.name}?`,
    text: "The project is hidden from the menu. Its keys, customers and checkouts continue to work. You can restore it.",
    button: "Archive project",
    back: "/projects",
  };
}

export const archiveProject = (c: PortalContext) => setArchived(c, true);
export const restoreProject = (c: PortalContext) => setArchived(c, false);

async function setArchived(c: PortalContext, archived: boolean) {
  const { project: projectId } = await readForm(c);
  const project = c.get("member").projects.find((candidate) => candidate.projectId === projectId);
  if (project === undefined)
    return renderErrorPage(c, 404, "Project not found", "It belongs to another account.");
  const now = c.get("now");
  if ((project.archivedAt !== null) !== archived) {
    const action = archived ? "project.archive" : "project.restore";
    const after = { archivedAt: archived ? now : null };
    const before = { archivedAt: project.archivedAt };
    await changeProject(
      c.env.DB,
      toActor(c),
      { projectId: project.projectId, name: project.name },
      { action, before, after },
      now,
    );
  }
  const text = archived
    ? `${project.name} is archived. Its keys, customers and checkouts continue to work.`
    : `${project.name} is restored.`;
  return redirectWith(c, "/projects", text);
}
