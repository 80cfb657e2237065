/**
 * Returns the name of a member that an object of the text has twice, or that is called `__proto__`; `null` if there is
 * none. `value` is the parsed text. `JSON.parse` keeps only the last of two members, and validation drops `__proto__`: what
 * the caller wrote would be ignored without a word, and would be missing in the request's fingerprint.
 */
export function findUnusableMember(text: string, value: unknown): string | null {
  const parsed = listMemberNames(value);
  if (parsed.includes("__proto__")) return "__proto__";
  const written = listWrittenNames(text);
  if (written.length === parsed.length) return null;
  const kept = parsed.toSorted();
  return written.toSorted().find((name, index) => name !== kept[index]) ?? null;
}

/** The names of all members at all depths. Without recursion: a body can be thousands of levels deep. */
function listMemberNames(value: unknown): string[] {
  const names: string[] = [];
  const open = [value];
  while (open.length > 0) {
    const next = open.pop();
    if (next === null || typeof next !== "object") continue;
    if (!Array.isArray(next)) names.push(...Object.keys(next));
    open.push(...Object.values(next));
  }
  return names;
}

/** The names as well-formed JSON writes them: each string that a colon follows. */
function listWrittenNames(text: string): string[] {
  const names: string[] = [];
  for (const [string, colon] of text.matchAll(/"(?:[^"\\]|\\.)*"(\s*:)?/g))
    if (colon !== undefined) names.push(JSON.parse(string.slice(0, string.length - colon.length)) as string);
  return names;
}
