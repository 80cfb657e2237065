import type { Form, PortalContext } from "../request-context.ts";

/** Far more than any form here has; what is larger is no form of ours. */
export const maxFormBytes = 64 * 1024;

/** The fields of a posted form, read once. Files and anything that is not a form count as no fields. */
export async function readForm(c: PortalContext): Promise<Form> {
  const known = c.get("form") as Form | undefined;
  if (known !== undefined) return known;
  const form: Form = Object.fromEntries(new URLSearchParams(await formText(c)));
  c.set("form", form);
  return form;
}

async function formText(c: PortalContext): Promise<string> {
  const type = c.req.header("Content-Type") ?? "";
  if (!/^application\/x-www-form-urlencoded\s*(;|$)/i.test(type)) return "";
  return c.req.text();
}

/** A field without the spaces around it; empty when it is missing. */
export function field(form: Form, name: string): string {
  return (form[name] ?? "").trim();
}
