import { changeProjectSettings } from "../../../../shared/contract/operations/projects.ts";
import { readProjectSettings } from "../../../../shared/db/projects.ts";
import { changeProject } from "../../db/projects.ts";
import { parseForm } from "../../http/call-operation.ts";
import { redirectWith } from "../../http/flash.ts";
import { readField, readForm, readVersion } from "../../http/form.ts";
import { buildPath, type PortalContext, toActor } from "../../request-context.ts";
import { renderSettingsPage } from "./page.tsx";

export const showSettings = (c: PortalContext) => renderSettingsPage(c);

export async function saveSettings(c: PortalContext) {
  const form = await readForm(c);
  const { projectId } = c.get("project");
  const fields = {
    version: readVersion(form),
    name: readField(form, "name"),
    successUrl: readField(form, "success_url") || null,
    cancelUrl: readField(form, "cancel_url") || null,
    graceDays: readField(form, "grace_days"),
  };
  const parsed = parseForm(changeProjectSettings.input, fields);
  if (parsed.outcome === "invalid")
    return renderSettingsPage(c, { values: form, errors: parsed.errors }, 422);
  const { version, ...after } = parsed.input;
  const before = await readProjectSettings(c.env.DB, projectId);
  if (before === null) throw new Error(`The project ${projectId} is gone`);
  const { name, successUrl, cancelUrl, graceDays } = before;
  const change = {
    action: "project.change_settings" as const,
    before: { name, successUrl, cancelUrl, graceDays },
    after,
  };
  const project = { projectId, name, version };
  const updatedAt = Math.max(c.get("now"), before.updatedAt + 1);
  if (await changeProject(c.env.DB, toActor(c), project, change, updatedAt))
    return redirectWith(c, buildPath(c, "/settings"), "Settings saved.");
  const conflict =
    "Another operator changed the settings while you were editing. Nothing was saved. Your entries are below. Save again to apply them.";
  return renderSettingsPage(c, { values: form, errors: { "": conflict } }, 409);
}
