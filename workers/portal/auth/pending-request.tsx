import type { Form } from "../request-context.ts";

/** The request that sign-in or re-authentication interrupted. */
export interface PendingRequest {
  method: string;
  path: string;
  fields: Form;
}

const fieldPrefix = "pending.field.";

/**
 * Carries the pending request through a form as hidden fields. Nothing entered is lost, and nothing is
 * stored.
 */
export function PendingRequestFields({ pending }: { pending: PendingRequest | null }) {
  if (pending === null) return null;
  return (
    <>
      <input type="hidden" name="pending.method" value={pending.method} />
      <input type="hidden" name="pending.path" value={pending.path} />
      {Object.entries(pending.fields).map(([name, value]) => (
        <input type="hidden" name={`${fieldPrefix}${name}`} value={value} />
      ))}
    </>
  );
}

export function readPendingRequest(form: Form): PendingRequest | null {
  const method = form["pending.method"];
  const path = parseLocalPath(form["pending.path"]);
  if (path === null || (method !== "GET" && method !== "POST")) return null;
  const fields = Object.entries(form)
    .filter(([name]) => name.startsWith(fieldPrefix))
    .map(([name, value]) => [name.slice(fieldPrefix.length), value]);
  return { method, path, fields: Object.fromEntries(fields) };
}

/** Returns a path of the portal, or `null` for anything that could lead to another origin. */
export function parseLocalPath(path: string | undefined): string | null {
  return path !== undefined && /^\/(?![/\\])[\x21-\x7e]*$/.test(path) ? path : null;
}
