import { z } from "zod";
import { d1 } from "../../../../shared/db/deadline.ts";
import { changeProject, readProjectSettings } from "../../../../shared/db/projects.ts";
import { redirectWith } from "../../http/flash.ts";
import { field, readForm } from "../../http/form.ts";
import { actorOf, type Form, type PortalContext, pathTo } from "../../request-context.ts";
import { nameFault } from "../projects/actions.ts";
import { settingsPage } from "./page.tsx";

export const showSettings = (c: PortalContext) => settingsPage(c);

const webUrl = z.url({ protocol: /^https?$/, hostname: /.+/ }).max(2048);

export async function saveSettings(c: PortalContext) {
  const form = await readForm(c);
  const { projectId } = c.get("project");
  const faults = faultsOf(form);
  if (Object.keys(faults).length > 0) return settingsPage(c, { values: form, faults }, 422);
  const before = await d1(readProjectSettings(c.env.DB, projectId));
  if (before === null) throw new Error(`The project ${projectId} is gone`);
  const after = {
    name: field(form, "name"),
    successUrl: field(form, "success_url") || null,
    cancelUrl: field(form, "cancel_url") || null,
    graceDays: Number(field(form, "grace_days")),
  };
  const { name, successUrl, cancelUrl, graceDays } = before;
  const change = {
    action: "project.change_settings" as const,
    before: { name, successUrl, cancelUrl, graceDays },
    after,
  };
  const project = { projectId, name, version: Number(form["version"]) };
  const later = Math.max(c.get("now"), before.updatedAt + 1);
  if (await d1(changeProject(c.env.DB, actorOf(c), project, change, later)))
    return redirectWith(c, pathTo(c, "/settings"), "The settings are saved.");
  const conflict =
    "Somebody else changed the settings since you opened this page. What you entered is below; save again to put it in place.";
  return settingsPage(c, { values: form, faults: { "": conflict } }, 409);
}

function faultsOf(form: Form): Record<string, string> {
  const faults: Record<string, string> = {};
  const name = nameFault(field(form, "name"));
  if (name !== null) faults["name"] = name;
  for (const url of ["success_url", "cancel_url"])
    if (field(form, url) !== "" && !webUrl.safeParse(field(form, url)).success)
      faults[url] = "This is no absolute address: it begins with https:// or http://.";
  const days = field(form, "grace_days");
  if (!/^\d{1,2}$/.test(days) || Number(days) > 60) faults["grace_days"] = "A whole number from 0 to 60.";
  return faults;
}
