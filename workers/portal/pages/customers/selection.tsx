import { createBulkJob, maxBulkCustomers } from "../../../../shared/contract/operations/bulk-jobs.ts";
import { mayRun } from "../../auth/may-run.ts";
import { formatCount } from "../../components/labels/common.ts";
import type { CustomerList, CustomerListQuery } from "../../db/customers.ts";
import { buildPath, type PortalContext } from "../../request-context.ts";
import type { ListValues } from "./list-query.ts";

/** The form that the checkboxes of the list belong to. It is not around the table, because forms can't be nested. */
export const selectionForm = "selection";

/** What a button that selects everything says: `pages/bulk/select.ts` reads these fields of the list's query. */
export const selectionFields = ["tab", "product", "units", "ends", "created"] as const;

/** Buttons that take the chosen customers, or all that match the tab and filters, to an action. */
export function Selection({
  c,
  values,
  list,
  total,
}: {
  c: PortalContext;
  values: ListValues;
  list: CustomerList;
  /** How many match; `null` when that would have to be counted row by row. */
  total: number | null;
}) {
  if (list.customers.length === 0 || !mayRun(c, createBulkJob)) return null;
  return (
    <form id={selectionForm} class="selection row" method="post" action={buildPath(c, "/bulk/new")}>
      {selectionFields.map((name) =>
        values[name] === undefined ? null : <input type="hidden" name={name} value={values[name]} />,
      )}
      <button class="button small" type="submit">
        Act on selected
      </button>
      {total !== null && total > maxBulkCustomers ? null : (
        <button class="button small" type="submit" name="all" value="on">
          {total === null ? "Act on all that match" : `Act on all ${formatCount(total)}`}
        </button>
      )}
      <a href={buildPath(c, "/bulk/new")}>Upload a list</a>
    </form>
  );
}

/** The count of a tab stops at 1,000. */
const countLimit = 1_000;

export function countMatching(
  { tab, filter }: CustomerListQuery,
  { customers, hasPrevious, hasNext, counts }: CustomerList,
): number | null {
  if (!hasPrevious && !hasNext) return customers.length;
  return Object.keys(filter).length === 0 && counts[tab] < countLimit ? counts[tab] : null;
}
