import { regions } from "../../../../shared/contract/words.ts";
import { d1 } from "../../../../shared/db/deadline.ts";
import { addProject, changeProject } from "../../../../shared/db/projects.ts";
import { errorPage } from "../../components/error-page.tsx";
import { redirectWith } from "../../http/flash.ts";
import { field, readForm } from "../../http/form.ts";
import { actorOf, type PortalContext, placePath } from "../../request-context.ts";
import { projectsPage } from "./page.tsx";

export const showProjects = (c: PortalContext) => projectsPage(c);

export async function createProject(c: PortalContext) {
  const form = await readForm(c);
  const name = field(form, "name");
  const region = regions.find((candidate) => candidate === form["region"]);
  const projectId = field(form, "project_id");
  const fault = nameFault(name);
  if (fault !== null) return projectsPage(c, { values: form, faults: { name: fault } }, 422);
  if (region === undefined || !/^prj_[0-9a-z]{26}$/.test(projectId))
    return projectsPage(c, { values: {}, faults: { "": "The form was damaged. Here is a new one." } }, 422);
  const now = c.get("now");
  const { accountId } = c.get("member");
  const project = { projectId, accountId, name, region, createdAt: now, updatedAt: now };
  const isNew = await d1(addProject(c.env.DB, actorOf(c), project));
  const path = placePath(projectId, "test");
  return isNew
    ? redirectWith(c, path, `The project ${name} was created.`)
    : redirectWith(c, "/projects", "This form was sent twice; the project was created the first time.");
}

export const archiveProject = (c: PortalContext) => setArchived(c, true);
export const restoreProject = (c: PortalContext) => setArchived(c, false);

async function setArchived(c: PortalContext, archived: boolean) {
  const { project: projectId } = await readForm(c);
  const project = c.get("member").projects.find((candidate) => candidate.projectId === projectId);
  if (project === undefined)
    return errorPage(c, 404, "There is no such project", "It is not one of your account's.");
  const now = c.get("now");
  if ((project.archivedAt !== null) !== archived) {
    const action = archived ? "project.archive" : "project.restore";
    const after = { archivedAt: archived ? now : null };
    const before = { archivedAt: project.archivedAt };
    await d1(
      changeProject(
        c.env.DB,
        actorOf(c),
        { projectId: project.projectId, name: project.name },
        { action, before, after },
        now,
      ),
    );
  }
  const text = archived
    ? `${project.name} is archived: it is out of the way, and its keys, customers and checkouts go on as before.`
    : `${project.name} is back.`;
  return redirectWith(c, "/projects", text);
}

export function nameFault(name: string): string | null {
  return name === "" || name.length > 80 ? "Give it a name of 1 to 80 characters." : null;
}
