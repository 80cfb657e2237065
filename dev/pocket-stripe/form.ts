import { invalidRequest } from "./errors.ts";

/**
 * A decoded form: a text, or named parts. A list has parts named `0`, `1`, …. Maps, so that `__proto__` is
 * only a name.
 */
export type FormValue = string | FormParts;
export type FormParts = Map<string, FormValue>;

/**
 * Decodes `a=1&b[c]=2&d[0][e]=3&d[]=4` as Stripe does: brackets nest, and `[]` appends. The last of several
 * values with the same name wins. Throws Stripe's 400 for a name that is both a text and a group.
 */
export function decodeForm(text: string): FormParts {
  const root: FormParts = new Map();
  for (const [name, value] of new URLSearchParams(text)) {
    const path = splitName(name);
    let parts = root;
    for (const segment of path.slice(0, -1)) parts = descend(parts, segment, name);
    const last = nextKey(parts, path.at(-1) ?? "");
    if (parts.get(last) instanceof Map) throw ambiguous(name);
    parts.set(last, value);
  }
  return root;
}

function descend(parts: FormParts, segment: string, name: string): FormParts {
  const key = nextKey(parts, segment);
  const existing = parts.get(key);
  if (typeof existing === "string") throw ambiguous(name);
  const group = existing ?? new Map<string, FormValue>();
  parts.set(key, group);
  return group;
}

/** `[]` appends after the last part. */
function nextKey(parts: FormParts, segment: string): string {
  return segment === "" ? String(parts.size) : segment;
}

/**
 * Splits `a[b][]` into `a`, `b` and an empty segment. A name with malformed brackets is one segment, which
 * is an unknown parameter.
 */
function splitName(name: string): string[] {
  const match = /^([^[\]]+)((?:\[[^[\]]*\])*)$/.exec(name);
  if (match === null) return [name];
  const [, head = "", brackets = ""] = match;
  return [head, ...[...brackets.matchAll(/\[([^[\]]*)\]/g)].map(([, segment = ""]) => segment)];
}

function ambiguous(name: string) {
  return invalidRequest(`Invalid parameter: ${name} is given both as a value and as a group`, {
    param: name,
  });
}
