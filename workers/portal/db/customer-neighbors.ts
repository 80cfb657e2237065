import type { Scope } from "../../../shared/contract/scope.ts";
import { prepareSql } from "../../../shared/db/prepare-sql.ts";
import {
  buildPage,
  type CustomerCursor,
  type CustomerListQuery,
  type CustomerRow,
  rowsOf,
} from "./customers.ts";

/** A customer next to another one in a list, with the number that the list is sorted by. */
export interface Neighbor {
  subjectRef: string;
  position: number | null;
}

export interface Neighbors {
  previous: Neighbor | null;
  next: Neighbor | null;
}

/** Returns the customers before and after `place` in the list of `query`, in one round trip. */
export async function readNeighbors(
  db: D1Database,
  scope: Scope,
  query: CustomerListQuery,
  place: Omit<CustomerCursor, "direction">,
): Promise<Neighbors> {
  const nearest = (direction: CustomerCursor["direction"]) =>
    prepareSql(db, buildPage({ ...query, cursor: { ...place, direction }, limit: 1 }, scope));
  const [before, after] = await db.batch([nearest("before"), nearest("after")]);
  const toNeighbor = (result: D1Result | undefined): Neighbor | null => {
    const [row] = rowsOf<CustomerRow>(result);
    return row === undefined ? null : { subjectRef: row.subjectRef, position: row.position ?? null };
  };
  return { previous: toNeighbor(before), next: toNeighbor(after) };
}
