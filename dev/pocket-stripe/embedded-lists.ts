import { invalidRequest, noSuchObject } from "./errors.ts";
import type { Page } from "./object-store.ts";
import type { Json, JsonObject } from "./wire.ts";

/** Number of members of a list inside an object. The list's own URL has the others. */
const embeddedSize = 10;

/** Lists that are stored whole inside an object, by the type of the object. */
const embedded: Record<string, string> = { invoice: "lines", subscription: "items" };

interface StoredList<T> {
  object: "list";
  data: T[];
  has_more: boolean;
  url: string;
}

/** Returns a page of a list that is stored inside an object, in the order of the list. */
export function paginate<T extends { id: string }>(
  { data, url }: StoredList<T>,
  type: string,
  { limit = embeddedSize, starting_after: after, ending_before: before }: Page,
): StoredList<T> {
  if (after !== undefined && before !== undefined) {
    throw invalidRequest("You may only specify one of these parameters: starting_after, ending_before.");
  }
  const find = (id: string, param: string) => {
    const index = data.findIndex((member) => member.id === id);
    if (index === -1) throw noSuchObject(type, id, param);
    return index;
  };
  if (before !== undefined) {
    const end = find(before, "ending_before");
    const start = Math.max(end - limit, 0);
    return { object: "list", data: data.slice(start, end), has_more: start > 0, url };
  }
  const start = after === undefined ? 0 : find(after, "starting_after") + 1;
  return {
    object: "list",
    data: data.slice(start, start + limit),
    has_more: data.length > start + limit,
    url,
  };
}

/** Cuts the lists inside all objects of `value` to their first page. */
export function cutEmbeddedLists(value: Json): Json {
  if (Array.isArray(value)) return value.map(cutEmbeddedLists);
  if (typeof value !== "object" || value === null) return value;
  const field = embedded[String(value["object"])];
  const members = Object.entries(value).map(([key, member]): [string, Json] => {
    if (key === field) return [key, cutEmbeddedLists(cutList(member))];
    // The previous values have no type of their own. Only these objects have such lists.
    if (key === "previous_attributes") return [key, cutEmbeddedLists(cutPrevious(member))];
    return [key, cutEmbeddedLists(member)];
  });
  return Object.fromEntries(members);
}

function cutPrevious(previous: Json): Json {
  if (!isObject(previous)) return previous;
  const fields = Object.values(embedded).filter((field) => previous[field] !== undefined);
  return {
    ...previous,
    ...Object.fromEntries(fields.map((field) => [field, cutList(previous[field] ?? null)])),
  };
}

function cutList(list: Json): Json {
  if (!isObject(list) || !Array.isArray(list["data"]) || list["data"].length <= embeddedSize) return list;
  return { ...list, data: list["data"].slice(0, embeddedSize), has_more: true };
}

function isObject(value: Json): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
