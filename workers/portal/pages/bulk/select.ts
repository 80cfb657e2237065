import { maxBulkCustomers } from "../../../../shared/contract/operations/bulk-jobs.ts";
import { listMatchingRefs } from "../../db/matching-customers.ts";
import { readForm } from "../../http/form.ts";
import { getData, getScope, type PortalContext } from "../../request-context.ts";
import { parseListQuery } from "../customers/list-query.ts";
import { selectionFields } from "../customers/selection.tsx";
import { renderBulkForm } from "./form.tsx";
import { formatRefs } from "./parse-refs.ts";

/** Takes the customers that were chosen in the list, or all that match it now, to the form of the action. */
export async function selectCustomers(c: PortalContext) {
  const form = await readForm(c);
  const refs = form["all"] === "on" ? await findAll(c, form) : findPicked(form);
  if (refs === null) return renderBulkForm(c, { values: {}, errors: { refs: "Unknown filter." } }, 422);
  if (refs.length === 0)
    return renderBulkForm(
      c,
      { values: {}, errors: { refs: "Select at least one customer, or list them here." } },
      422,
    );
  if (refs.length > maxBulkCustomers)
    return renderBulkForm(
      c,
      {
        values: {},
        errors: { refs: "More than 1,000 customers match. Add a filter, or list up to 1,000 here." },
      },
      422,
    );
  return renderBulkForm(c, { values: { refs: formatRefs(refs) }, errors: {} });
}

const findPicked = (form: Readonly<Record<string, string>>): string[] =>
  Object.entries(form).flatMap(([name, value]) => (/^pick_\d+$/.test(name) ? value : []));

/** Returns `null` for a filter that the list does not have. */
async function findAll(c: PortalContext, form: Readonly<Record<string, string>>): Promise<string[] | null> {
  const given = Object.entries(form).filter(([name]) =>
    (selectionFields as readonly string[]).includes(name),
  );
  const { query, errors } = parseListQuery(new URLSearchParams(given), c.get("now"), 1);
  if (Object.keys(errors).length > 0) return null;
  return listMatchingRefs(getData(c), getScope(c), query, maxBulkCustomers + 1);
}
