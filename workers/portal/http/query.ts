import type { PortalContext } from "../request-context.ts";

/** Values of a filter by name, and what is wrong with them. An error under the empty name concerns the whole filter. */
export interface FilterFields<Name extends string> {
  values: Partial<Record<Name, string>>;
  errors: Partial<Record<Name | "", string>>;
}

/**
 * Reads the named parameters of a query, without surrounding spaces and without empty ones. A name that is not listed and
 * a parameter that is given twice are errors: a filter that is ignored in part would list or change more than was meant.
 */
export function readFilterQuery<Name extends string>(
  c: PortalContext,
  names: readonly Name[],
): FilterFields<Name> {
  return readFilterFields([...new URL(c.req.url).searchParams], names);
}

export function readFilterFields<Name extends string>(
  given: readonly (readonly [name: string, value: string])[],
  names: readonly Name[],
): FilterFields<Name> {
  const values: FilterFields<Name>["values"] = {};
  const errors: FilterFields<Name>["errors"] = {};
  for (const [name, value] of given) {
    const known = names.find((candidate) => candidate === name);
    if (known === undefined) errors[""] = `There is no filter named “${name.slice(0, 40)}”.`;
    else if (value.trim() !== "" && known in values) errors[known] = "Give this filter once.";
    else if (value.trim() !== "") values[known] = value.trim();
  }
  return { values, errors };
}
