import { parseWholeNumber } from "../../../shared/contract/whole-number.ts";
import type { Form, PortalContext } from "../request-context.ts";

/** Maximum size of a form's body, far more than any form of the portal has. */
export const maxFormBytes = 64 * 1024;

/**
 * Returns the fields of a posted form and reads the body only once. A file is the text of its field on a route that takes
 * one. Elsewhere files, like other content types, count as no fields. Throws for a field that is sent twice: no form of the portal does, and neither value may win silently.
 */
export async function readForm(c: PortalContext): Promise<Form> {
  const known = c.get("form") as Form | undefined;
  if (known !== undefined) return known;
  const fields = await readFields(c);
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

async function readFields(c: PortalContext): Promise<[name: string, value: string][]> {
  const type = c.req.header("Content-Type") ?? "";
  if (/^application\/x-www-form-urlencoded\s*(;|$)/i.test(type))
    return [...new URLSearchParams(await c.req.text())];
  const { upload } = c.get("route");
  if (upload === undefined || !/^multipart\/form-data\s*;/i.test(type)) return [];
  const body = await c.req.formData().catch((cause: unknown) => {
    throw new UnreadableFormError(cause);
  });
  return Promise.all(
    // The platform's types know files in forms only behind a compatibility flag.
    ([...body] as [string, string | File][]).map(async ([name, value]): Promise<[string, string]> => {
      const text =
        typeof value === "string" ? value : upload.decode(new Uint8Array(await value.arrayBuffer()));
      return [name, text];
    }),
  );
}

export class UnreadableFormError extends Error {
  constructor(cause: unknown) {
    super("a form can't be read", { cause });
    this.name = "UnreadableFormError";
  }
}

/** Returns a field without surrounding spaces, or an empty string when it is missing. */
export function readField(form: Form, name: string): string {
  return (form[name] ?? "").trim();
}

/** Returns the `version` that the form was made from; `NaN` when it is missing or malformed, which no operation accepts. */
export function readVersion(form: Form): number {
  return parseWholeNumber(readField(form, "version"));
}
