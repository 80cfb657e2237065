import type { CustomerListQuery } from "../../db/customers.ts";
import { buildCustomerPath, type PortalContext } from "../../request-context.ts";
import { parseListQuery } from "./list-query.ts";

/**
 * A customer's place in a list: what the list was filtered and sorted by, as its query string, and the number of the
 * customer that it is sorted by. The customer's page carries both as `list` and `at`, and finds the neighbors with them.
 */
export interface PlaceInList {
  list: string;
  position: number | null;
}

/** Returns the parameters of the place for a link to a customer's page. */
export const toPlaceFields = ({ list, position }: PlaceInList): [string, string][] => [
  ["list", list.replace(/^\?/, "")],
  ["at", position === null ? "" : String(position)],
];

export const linkFromList = (c: PortalContext, subjectRef: string, place: PlaceInList): string =>
  `${buildCustomerPath(c, subjectRef)}?${new URLSearchParams(toPlaceFields(place))}`;

/** Returns the place in the list that this page was opened from; `null` without one, or for one that no link has. */
export function readPlace(c: PortalContext): PlaceInList | null {
  const list = c.req.query("list");
  const at = c.req.query("at") ?? "";
  if (list === undefined || !/^(-?\d{1,16})?$/.test(at)) return null;
  return { list, position: at === "" ? null : Number(at) };
}

/** Returns the query of the list of a place; `null` for a list that no link has. */
export function parsePlace(c: PortalContext, { list, position }: PlaceInList): CustomerListQuery | null {
  const { query, errors } = parseListQuery(new URLSearchParams(list), c.get("now"), 1);
  const isSortedByName = query.sort === "customer";
  return Object.keys(errors).length > 0 || isSortedByName !== (position === null) ? null : query;
}
