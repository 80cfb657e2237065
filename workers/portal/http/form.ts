import { parseWholeNumber } from "../../../shared/contract/whole-number.ts";
import type { Form, PortalContext } from "../request-context.ts";

/** Maximum size of a form's body, far more than any form of the portal has. */
export const maxFormBytes = 64 * 1024;

/**
 * Returns the fields of a posted form and reads the body only once. Files and other content types count as
 * no fields. Throws for a field that is sent twice: no form of the portal does, and neither value may win silently.
 */
export async function readForm(c: PortalContext): Promise<Form> {
  const known = c.get("form") as Form | undefined;
  if (known !== undefined) return known;
  const fields = [...new URLSearchParams(await formText(c))];
  const names = new Set(fields.map(([name]) => name));
  if (names.size !== fields.length) throw new RepeatedFieldError();
  const form: Form = Object.fromEntries(fields);
  c.set("form", form);
  return form;
}

export class RepeatedFieldError extends Error {
  constructor() {
    super("a form has a field twice");
    this.name = "RepeatedFieldError";
  }
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

/** Returns the `version` that the form was made from; `NaN` when it is missing or malformed, which no operation accepts. */
export function readVersion(form: Form): number {
  return parseWholeNumber(readField(form, "version"));
}
