import { subjectRefSchema } from "../../../../shared/contract/subject-ref.ts";
import { dayMs } from "../../../../shared/domain/entitlement.ts";
import {
  type CustomerCursor,
  type CustomerListItem,
  type CustomerListQuery,
  customerSorts,
  customerTabs,
  type Range,
} from "../../db/customers.ts";
import { type FilterFields, readFilterFields } from "../../http/query.ts";

const names = ["tab", "sort", "product", "units", "ends", "created", "after", "before"] as const;
type Name = (typeof names)[number];
export type ListValues = FilterFields<Name>["values"];

/** The ranges to choose from, by their value in the query string. */
interface Choice {
  label: string;
  range: (now: number) => Range;
}

/** Customers without an end are last in the order of ends. */
const noEnd = Number.MAX_SAFE_INTEGER;

const createdWithin = (days: number) => (now: number) => ({ min: now - days * dayMs });
const endsWithin = (days: number) => (now: number) => ({ min: now, below: now + days * dayMs });

export const rangeFilters = {
  units: {
    label: "Units left",
    choices: {
      "0": { label: "0", range: () => ({ min: 0, below: 1 }) },
      "1-99": { label: "1–99", range: () => ({ min: 1, below: 100 }) },
      "100-999": { label: "100–999", range: () => ({ min: 100, below: 1_000 }) },
      "1000-": { label: "1,000 or more", range: () => ({ min: 1_000 }) },
    },
  },
  ends: {
    label: "Renews / ends",
    choices: {
      "7d": { label: "next 7 days", range: endsWithin(7) },
      "30d": { label: "next 30 days", range: endsWithin(30) },
      ended: { label: "ended", range: (now) => ({ below: now }) },
      never: { label: "no end", range: () => ({ min: noEnd }) },
    },
  },
  created: {
    label: "Created",
    choices: {
      "1d": { label: "last 24 hours", range: createdWithin(1) },
      "7d": { label: "last 7 days", range: createdWithin(7) },
      "30d": { label: "last 30 days", range: createdWithin(30) },
      "90d": { label: "last 90 days", range: createdWithin(90) },
    },
  },
} satisfies Record<string, { label: string; choices: Record<string, Choice> }>;
export type RangeFilter = keyof typeof rangeFilters;
export const rangeFilterNames = Object.keys(rangeFilters) as RangeFilter[];

export const choicesOf = (name: RangeFilter): Readonly<Record<string, Choice>> => rangeFilters[name].choices;

/** The order when none is chosen: by the first range that is filtered, otherwise newest first. */
function defaultSort({ units, ends }: ListValues): string {
  if (units !== undefined) return "units";
  return ends === undefined ? "-created" : "ends";
}

/**
 * The query of the list and its values for the links. With errors, a value is not understood and nothing is listed. A sort
 * begins with `-` when it is descending.
 */
export function parseListQuery(
  query: URLSearchParams,
  now: number,
  limit: number,
): FilterFields<Name> & { query: CustomerListQuery } {
  const { values, errors } = readFilterFields([...query], names);
  const sortText = values.sort ?? defaultSort(values);
  const descending = sortText.startsWith("-");
  const sort = customerSorts.find((candidate) => candidate === sortText.replace("-", ""));
  if (sort === undefined) errors.sort ??= "Unknown sort order.";
  const tab = customerTabs.find((candidate) => candidate === (values.tab ?? "all"));
  if (tab === undefined) errors.tab ??= "Unknown tab.";
  const filter: CustomerListQuery["filter"] = {};
  if (values.product !== undefined) filter.product = values.product;
  for (const name of rangeFilterNames) {
    const value = values[name];
    if (value === undefined) continue;
    const choice = Object.entries(choicesOf(name)).find(([key]) => key === value)?.[1];
    if (choice === undefined) errors[name] ??= `Unknown range of ${rangeFilters[name].label.toLowerCase()}.`;
    else filter[name] = choice.range(now);
  }
  const cursor = readCursor(values, sort === "customer");
  if (cursor === undefined) errors[""] ??= "Unknown page. Go back to the first page.";
  return {
    query: {
      tab: tab ?? "all",
      filter,
      sort: sort ?? "created",
      descending,
      cursor: cursor ?? null,
      limit,
    },
    values,
    errors,
  };
}

/** Returns `undefined` for a cursor that no link has. */
function readCursor({ after, before }: ListValues, isByName: boolean): CustomerCursor | null | undefined {
  if (after !== undefined && before !== undefined) return undefined;
  const text = after ?? before;
  if (text === undefined) return null;
  const direction = after === undefined ? "before" : "after";
  const [, digits = "", subjectRef = ""] = /^((?:-?\d{1,16})?)\.(.+)$/s.exec(text) ?? [];
  if (!subjectRefSchema.safeParse(subjectRef).success || (digits === "") !== isByName) return undefined;
  return { direction, position: isByName ? null : Number(digits), subjectRef };
}

export const formatCursor = ({ position, subjectRef }: Pick<CustomerListItem, "position" | "subjectRef">) =>
  `${position ?? ""}.${subjectRef}`;

/** Builds the query string of the list with `changes`. A change to a tab, filter or sort begins at the first page. */
export function buildListSearch(values: ListValues, changes: { [N in Name]?: string | undefined }): string {
  const { after: _, before: __, ...kept } = values;
  const all = Object.entries({ ...kept, ...changes }).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  );
  return all.length === 0 ? "" : `?${new URLSearchParams(all)}`;
}
