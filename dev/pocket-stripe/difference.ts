import type { Json, JsonObject } from "./wire.ts";

/**
 * Returns the members of `before` that differ in `after`; new members are `null`. Descends into objects,
 * but not into lists.
 */
export function difference(before: JsonObject, after: JsonObject): JsonObject | undefined {
  const previous: JsonObject = {};
  for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const [old = null, now = null] = [before[key], after[key]];
    if (JSON.stringify(old) === JSON.stringify(now)) continue;
    previous[key] = isObject(old) && isObject(now) ? (difference(old, now) ?? old) : old;
  }
  return Object.keys(previous).length === 0 ? undefined : previous;
}

function isObject(value: Json): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
