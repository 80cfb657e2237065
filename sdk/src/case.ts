/** Members of these are your own words: their names stay as they are. */
const ownWords = new Set(["metadata"]);

/** Returns the value with camelCase member names, at all depths. */
export function toCamelCase(value: unknown): unknown {
  return rename(value, (name) => name.replaceAll(/_(\w)/g, (_, letter: string) => letter.toUpperCase()));
}

/** Returns the value with snake_case member names, at all depths. Members that are `undefined` are left out. */
export function toSnakeCase(value: unknown): unknown {
  return rename(value, (name) => name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`));
}

function rename(value: unknown, toName: (name: string) => string): unknown {
  if (Array.isArray(value)) return value.map((each) => rename(each, toName));
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, member]) => member !== undefined)
      .map(([name, member]) => [toName(name), ownWords.has(name) ? member : rename(member, toName)]),
  );
}
