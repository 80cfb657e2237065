import type { Form, PortalContext } from "../request-context.ts";

/** Maximum size of a form's body, far more than any form of the portal has. */
export const maxFormBytes = 64 * 1024;

/**
 * Returns the fields of a posted form and reads the body only once. Files and other content types count as
 * no fields.
 */
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

/** Returns a field without surrounding spaces, or an empty string when it is missing. */
export function readField(form: Form, name: string): string {
  return (form[name] ?? "").trim();
}
