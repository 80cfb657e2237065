import { buildCustomerPath, type PortalContext } from "../../request-context.ts";
import { readPlace, toPlaceFields } from "../customers/place-in-list.ts";

/** The parameters that every link within the customer's page keeps: the list that the operator came from. */
function listKeptFields(c: PortalContext): [string, string][] {
  const place = readPlace(c);
  return place === null ? [] : toPlaceFields(place);
}

/** Returns the address of the customer's page with `fields`, which may end with a fragment. */
export function linkToPage(
  c: PortalContext,
  subjectRef: string,
  fields: Readonly<Record<string, string | undefined>> = {},
  fragment = "",
): string {
  const given = Object.entries(fields).filter((field): field is [string, string] => field[1] !== undefined);
  const all = new URLSearchParams([...listKeptFields(c), ...given]);
  return `${buildCustomerPath(c, subjectRef)}${all.size === 0 ? "" : `?${all}`}${fragment}`;
}

/** The same for a form that is sent with GET. */
export function KeptFields({ c }: { c: PortalContext }) {
  return (
    <>
      {listKeptFields(c).map(([name, value]) => (
        <input type="hidden" name={name} value={value} />
      ))}
    </>
  );
}
