import { createBulkJob } from "../../../../shared/contract/operations/bulk-jobs.ts";
import { mayRun } from "../../auth/may-run.ts";
import { formatCappedCount, type ProductNames } from "../../components/labels/common.ts";
import { renderPage } from "../../components/layout.tsx";
import { Card, Empty, PageHead } from "../../components/parts.tsx";
import { Tabs } from "../../components/tabs.tsx";
import {
  type CustomerList,
  type CustomerSort,
  type CustomerTab,
  customerTabs,
  listCustomers,
} from "../../db/customers.ts";
import { buildPath, getDatabases, getScope, type PortalContext } from "../../request-context.ts";
import { CustomerTable } from "./customer-table.tsx";
import { EstimateNotice } from "./estimate-notice.tsx";
import {
  buildListSearch,
  choicesOf,
  formatCursor,
  type ListValues,
  parseListQuery,
  type RangeFilter,
  rangeFilterNames,
  rangeFilters,
} from "./list-query.ts";
import { SearchForm } from "./search-form.tsx";
import { countMatching, Selection, selectionForm } from "./selection.tsx";

const perPage = 50;

const tabLabels: Record<CustomerTab, string> = {
  all: "All",
  allowed: "Has access",
  denied: "No access",
  past_due: "Past due",
  on_hold: "On hold",
  waiting: "Waiting for payment",
};

/** Shows a page of the list of customers. */
export async function showList(c: PortalContext) {
  const { query, values, errors } = parseListQuery(new URL(c.req.url).searchParams, c.get("now"), perPage);
  const messages = Object.values(errors);
  const list = messages.length > 0 ? null : await listCustomers(getDatabases(c), getScope(c), query);
  const isFiltered = values.product !== undefined || rangeFilterNames.some((name) => name in values);
  const path = buildPath(c, "/customers");
  const hrefOf = (sort: CustomerSort, descending: boolean) =>
    path + buildListSearch(values, { sort: `${descending ? "-" : ""}${sort}` });
  return renderPage(
    c,
    { title: "Customers", status: list === null ? 422 : 200 },
    <>
      <PageHead title="Customers">
        <a class="button" href={buildPath(c, "/bulk")}>
          Bulk actions
        </a>
      </PageHead>
      <Card>
        <Tabs
          label="Customers by access"
          tabs={customerTabs.map((tab) => ({
            label: tabLabels[tab],
            href: path + buildListSearch(values, { tab: tab === "all" ? undefined : tab }),
            isCurrent: tab === query.tab,
            count: list === null ? undefined : formatCappedCount(list.counts[tab]),
          }))}
        />
        <div class="list-tools">
          <SearchForm c={c} text="" />
          <Filters path={path} values={values} products={list?.products ?? []} />
        </div>
        {list === null ? (
          <Empty title="This filter is not available">
            <p>{messages.join(" ")}</p>
            <a class="button" href={path}>
              Show all customers
            </a>
          </Empty>
        ) : list.customers.length > 0 ? (
          <>
            <EstimateNotice c={c} customers={list.customers} />
            <CustomerTable
              c={c}
              customers={list.customers}
              names={toNames(list.products)}
              order={{ ...query, hrefOf }}
              list={buildListSearch(values, {})}
              selection={mayRun(c, createBulkJob) ? selectionForm : null}
            />
          </>
        ) : isFiltered || query.tab !== "all" || query.cursor !== null ? (
          <Empty title="No matching customers">
            <p>No customer in {c.get("mode")} mode matches this tab and these filters.</p>
            <a class="button" href={path}>
              Show all customers
            </a>
          </Empty>
        ) : (
          <NoCustomers c={c} />
        )}
        {list === null ? null : (
          <Selection c={c} values={values} list={list} total={countMatching(query, list)} />
        )}
        {list === null ? null : <Pages path={path} values={values} list={list} />}
      </Card>
    </>,
  );
}

export const toNames = (products: CustomerList["products"]): ProductNames =>
  new Map(products.map(({ productCode, name }) => [productCode, name]));

/** One chip per filter: set, with a link that removes it, or a menu of links that set it. */
function Filters({
  path,
  values,
  products,
}: {
  path: string;
  values: ListValues;
  products: CustomerList["products"];
}) {
  const productChoices = products.map(({ productCode, name }) => ({ value: productCode, label: name }));
  return (
    <>
      <Chip {...{ path, values }} name="product" label="Product" choices={productChoices} />
      {rangeFilterNames.map((name) => (
        <Chip
          {...{ path, values, name }}
          label={rangeFilters[name].label}
          choices={Object.entries(choicesOf(name)).map(([value, { label }]) => ({ value, label }))}
        />
      ))}
    </>
  );
}

function Chip({
  path,
  values,
  name,
  label,
  choices,
}: {
  path: string;
  values: ListValues;
  name: "product" | RangeFilter;
  label: string;
  choices: { value: string; label: string }[];
}) {
  const value = values[name];
  if (value !== undefined) {
    const chosen = choices.find((choice) => choice.value === value)?.label ?? value;
    return (
      <a
        class="chip set"
        href={path + buildListSearch(values, { [name]: undefined })}
        aria-label={`Remove filter ${label}: ${chosen}`}
      >
        {label}: {chosen} <span aria-hidden="true">×</span>
      </a>
    );
  }
  if (choices.length === 0) return null;
  return (
    <details class="chip-menu">
      <summary class="chip">
        <span aria-hidden="true">+</span> {label}
      </summary>
      <ul>
        {choices.map((choice) => (
          <li>
            <a href={path + buildListSearch(values, { [name]: choice.value })}>{choice.label}</a>
          </li>
        ))}
      </ul>
    </details>
  );
}

function Pages({ path, values, list }: { path: string; values: ListValues; list: CustomerList }) {
  const { customers, hasPrevious, hasNext } = list;
  const [first, last] = [customers.at(0), customers.at(-1)];
  if (first === undefined || last === undefined) return null;
  return (
    <p class="pages">
      <span class="quiet">
        {customers.length === 1 ? "1 customer" : `${customers.length} customers`} on this page
      </span>
      <span class="row">
        {hasPrevious ? (
          <a
            class="button small"
            href={path + buildListSearch(values, { before: formatCursor(first) })}
            rel="prev"
          >
            Previous
          </a>
        ) : null}
        {hasNext ? (
          <a
            class="button small"
            href={path + buildListSearch(values, { after: formatCursor(last) })}
            rel="next"
          >
            Next
          </a>
        ) : null}
      </span>
    </p>
  );
}

function NoCustomers({ c }: { c: PortalContext }) {
  return (
    <Empty title={`No customers in ${c.get("mode")} mode yet`}>
      <p>
        A customer appears here with the first checkout of your backend:{" "}
        <code>POST /v1/checkout/session</code> with a <code>subject_ref</code> and a <code>product_code</code>
        .
      </p>
      <a class="button" href="/v1/docs">
        API reference
      </a>
    </Empty>
  );
}
