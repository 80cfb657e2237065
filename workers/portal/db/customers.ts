import { type SQL, sql } from "drizzle-orm";
import type { EntitlementKind, EntitlementStatus } from "../../../shared/contract/enums.ts";
import type { Scope } from "../../../shared/contract/scope.ts";
import { batchBoth, type Databases } from "../../../shared/db/databases.ts";
import { prepareSql } from "../../../shared/db/prepare-sql.ts";
import { endOrder, paidOrder, unitsOrder } from "../../../shared/db/tables/subjects.ts";
import type { AccessSegment, CustomerSummary } from "../../../shared/domain/customer-summary.ts";
import { type ProductName, prepareProductNames } from "./product-names.ts";

/** The tabs of the list. */
export const customerTabs = ["all", "allowed", "denied", "past_due", "on_hold", "waiting"] as const;
export type CustomerTab = (typeof customerTabs)[number];

export const customerSorts = ["customer", "units", "paid", "ends", "created"] as const;
export type CustomerSort = (typeof customerSorts)[number];

/** A range of numbers: from `min` to below `below`. */
export interface Range {
  min?: number;
  below?: number;
}

export interface CustomerFilter {
  /** Customers who have or had the product. */
  product?: string;
  units?: Range;
  ends?: Range;
  created?: Range;
}

/** The first or last customer of a page: what follows it, or what precedes it, is the next page. */
export interface CustomerCursor {
  direction: "after" | "before";
  /** The number that the list is sorted by; `null` when it is sorted by name. */
  position: number | null;
  subjectRef: string;
}

export interface CustomerListQuery {
  tab: CustomerTab;
  filter: CustomerFilter;
  sort: CustomerSort;
  descending: boolean;
  cursor: CustomerCursor | null;
  limit: number;
}

export interface EntitlementListItem {
  productCode: string;
  kind: EntitlementKind;
  status: EntitlementStatus;
  unitsRemaining: number | null;
  expiresAt: number | null;
}

export interface CustomerListItem {
  subjectRef: string;
  /** The number that the list is sorted by; `null` when it is sorted by name. */
  position: number | null;
  createdAt: number;
  segments: AccessSegment[] | null;
  access: AccessSegment["access"];
  attention: AccessSegment["attention"];
  awaitsPayment: boolean;
  unitsLeft: number | null;
  paid: CustomerSummary["paid"];
  endsAt: number | null;
  renews: boolean;
  /** The newest entitlements, at most seven. */
  entitlements: EntitlementListItem[];
}

export interface CustomerList {
  customers: CustomerListItem[];
  /** Whether customers precede and follow the page. */
  hasPrevious: boolean;
  hasNext: boolean;
  /** The number of customers in each tab without filters, at most 1,000. */
  counts: Record<CustomerTab, number>;
  /** The project's products, at most 200, to name and to filter by. */
  products: ProductName[];
}

const orders: Record<CustomerSort, SQL | null> = {
  customer: null,
  units: unitsOrder,
  paid: paidOrder,
  ends: endOrder,
  created: sql`created_at`,
};

/** What the rows of a tab have in common, as the parts of one index that lists them in order. */
export function listBranches(tab: CustomerTab, sort: CustomerSort): SQL[] {
  switch (tab) {
    case "all":
      // By name, the primary key has all in order. Otherwise the two halves of an index are merged.
      return sort === "customer" ? [sql`true`] : [sql`access = 'allowed'`, sql`access = 'denied'`];
    case "allowed":
    case "denied":
      return [sql`access = ${sql.raw(`'${tab}'`)}`];
    // Few are listed: they are sorted when they are not listed by age.
    case "past_due":
    case "on_hold":
      return [sql`attention = ${sql.raw(`'${tab}'`)}`];
    case "waiting":
      return [sql`awaits_payment = 1`];
  }
}

/** `isSort`: the range is one of the index that lists the rows. Otherwise the plus keeps other indexes out. */
function buildRange(column: SQL, { min, below }: Range, isSort: boolean): SQL[] {
  const operand = isSort ? column : sql`+${column}`;
  return [
    ...(min === undefined ? [] : [sql`${operand} >= ${min}`]),
    ...(below === undefined ? [] : [sql`${operand} < ${below}`]),
  ];
}

export function buildConditions(
  { filter, sort, cursor }: CustomerListQuery,
  isUpward: boolean,
  scope: Scope,
): SQL[] {
  const { product, units, ends, created } = filter;
  const conditions = [
    ...(units === undefined ? [] : buildRange(unitsOrder, units, sort === "units")),
    ...(ends === undefined ? [] : buildRange(endOrder, ends, sort === "ends")),
    ...(created === undefined ? [] : buildRange(sql`created_at`, created, sort === "created")),
  ];
  if (product !== undefined)
    conditions.push(sql`EXISTS (SELECT 1 FROM entitlements AS entitlement
      WHERE entitlement.project_id = ${scope.projectId} AND entitlement.mode = ${scope.mode}
      AND entitlement.product_code = ${product} AND entitlement.subject_ref = subjects.subject_ref)`);
  if (cursor !== null) {
    const order = orders[sort];
    const beyond = sql.raw(isUpward ? ">" : "<");
    if (order === null || cursor.position === null)
      conditions.push(sql`subject_ref ${beyond} ${cursor.subjectRef}`);
    else
      conditions.push(
        sql`${order} ${beyond}= ${cursor.position}`,
        sql`(${order} ${beyond} ${cursor.position} OR subject_ref ${beyond} ${cursor.subjectRef})`,
      );
  }
  return conditions;
}

/** Columns of `subjects` that a list shows. The entitlements are the newest seven in the D1 copy. */
export const customerColumns = sql`subjects.subject_ref AS subjectRef, subjects.created_at AS createdAt,
  coalesce(access_schedule, iif(flushed_at IS NULL, '[]', NULL)) AS segments, access, attention,
  subjects.awaits_payment AS awaitsPayment, subjects.units_left AS unitsLeft, subjects.paid AS paid,
  subjects.ends_at AS endsAt, subjects.renews AS renews,
  (SELECT json_group_array(json_object('productCode', product_code, 'kind', kind, 'status', status,
      'unitsRemaining', units_remaining, 'expiresAt', expires_at))
    FROM (SELECT product_code, kind, status, units_remaining, expires_at FROM entitlements
      WHERE entitlements.project_id = subjects.project_id AND entitlements.mode = subjects.mode
      AND entitlements.subject_ref = subjects.subject_ref ORDER BY created_at DESC LIMIT 7)) AS entitlements`;

export interface CustomerRow {
  subjectRef: string;
  position?: number | null;
  createdAt: number;
  segments: string | null;
  access: AccessSegment["access"];
  attention: AccessSegment["attention"];
  awaitsPayment: number;
  unitsLeft: number | null;
  paid: string | null;
  endsAt: number | null;
  renews: number;
  entitlements: string;
}

export const toCustomerListItem = (row: CustomerRow): CustomerListItem => ({
  ...row,
  position: row.position ?? null,
  segments: row.segments === null ? null : JSON.parse(row.segments),
  awaitsPayment: row.awaitsPayment === 1,
  paid: row.paid === null ? [] : JSON.parse(row.paid),
  renews: row.renews === 1,
  entitlements: JSON.parse(row.entitlements),
});

export function buildPage(query: CustomerListQuery, scope: Scope): SQL {
  const { tab, sort, descending, cursor, limit } = query;
  const isUpward = descending === (cursor?.direction === "before");
  const way = sql.raw(isUpward ? "ASC" : "DESC");
  const conditions = buildConditions(query, isUpward, scope);
  const order = orders[sort];
  const branches = listBranches(tab, sort).map(
    (branch) => sql`SELECT subject_ref, ${order ?? sql.raw("NULL")} AS position FROM subjects
      WHERE ${sql.join(
        [sql`project_id = ${scope.projectId}`, sql`mode = ${scope.mode}`, branch, ...conditions],
        sql` AND `,
      )}`,
  );
  // The plus keeps the primary key, which has all customers, from listing the few of a tab in order.
  const name =
    order === null && /^(past_due|on_hold|waiting)$/.test(tab) ? sql`+subject_ref` : sql`subject_ref`;
  const by = order === null ? sql`${name} ${way}` : sql`position ${way}, subject_ref ${way}`;
  return sql`SELECT ${customerColumns}, page.position AS position
    FROM (${sql.join(branches, sql` UNION ALL `)} ORDER BY ${by} LIMIT ${limit + 1}) AS page
    CROSS JOIN subjects ON subjects.project_id = ${scope.projectId} AND subjects.mode = ${scope.mode}
      AND subjects.subject_ref = page.subject_ref
    ORDER BY ${order === null ? sql`page.subject_ref ${way}` : sql`page.position ${way}, page.subject_ref ${way}`}`;
}

const maxCount = 1_000;

function buildCounts(scope: Scope): SQL {
  const counts = customerTabs.map((tab) => {
    // By age, all customers are one index. Counting reads its first entries only.
    const [branch] = tab === "all" ? [sql`true`] : listBranches(tab, "created");
    return sql`(SELECT count(*) FROM (SELECT 1 FROM subjects
      WHERE project_id = ${scope.projectId} AND mode = ${scope.mode} AND ${branch} LIMIT ${maxCount})) AS ${sql.raw(`"${tab}"`)}`;
  });
  return sql`SELECT ${sql.join(counts, sql`, `)}`;
}

export const rowsOf = <Row>(result: D1Result | undefined): Row[] => (result?.results ?? []) as Row[];

/**
 * Returns a page of customers with the counts of the tabs, in one round trip. An index lists the rows of each tab in the
 * order of each sort; filters on other columns are tested row by row. Customers with equal values are in order of
 * `subject_ref`.
 */
export async function listCustomers(
  databases: Databases,
  scope: Scope,
  query: CustomerListQuery,
): Promise<CustomerList> {
  const { control, data } = databases;
  const [[names], [page, counted]] = await batchBoth(
    databases,
    [prepareProductNames(control, scope)],
    [prepareSql(data, buildPage(query, scope)), prepareSql(data, buildCounts(scope))],
  );
  const rows = rowsOf<CustomerRow>(page);
  const [counts] = rowsOf<CustomerList["counts"]>(counted);
  const { cursor, limit } = query;
  const isBackward = cursor?.direction === "before";
  const shown = rows.slice(0, limit).map(toCustomerListItem);
  const isMore = rows.length > limit;
  if (counts === undefined) throw new Error("D1 returned no counts");
  return {
    customers: isBackward ? shown.reverse() : shown,
    hasPrevious: isBackward ? isMore : cursor !== null,
    hasNext: isBackward ? true : isMore,
    counts,
    products: rowsOf<ProductName>(names),
  };
}
