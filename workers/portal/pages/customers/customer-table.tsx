import type { Child } from "hono/jsx";
import { segmentAt } from "../../../../shared/domain/customer-summary.ts";
import { Day } from "../../components/day-time.tsx";
import { formatCount, formatMoney, nameProduct, type ProductNames } from "../../components/labels/common.ts";
import { LookAlikeMark } from "../../components/look-alike.tsx";
import { Pill } from "../../components/parts.tsx";
import { Ref } from "../../components/ref.tsx";
import { Cell, type Column, Row, Table } from "../../components/table.tsx";
import { Time } from "../../components/time.tsx";
import type { CustomerListItem, CustomerSort, EntitlementListItem } from "../../db/customers.ts";
import { buildCustomerPath, type PortalContext } from "../../request-context.ts";
import { linkFromList } from "./place-in-list.ts";

const sortedColumns: { name: string; kind: Column["kind"]; sort: CustomerSort | null }[] = [
  { name: "Customer", kind: "title", sort: "customer" },
  { name: "Access", kind: "text", sort: null },
  { name: "Products", kind: "text", sort: null },
  { name: "Units left", kind: "number", sort: "units" },
  { name: "Paid", kind: "number", sort: "paid" },
  { name: "Renews / ends", kind: "text", sort: "ends" },
  { name: "Created", kind: "text", sort: "created" },
];

/** How the list is sorted, and the address that sorts it by a column. */
export interface TableOrder {
  sort: CustomerSort;
  descending: boolean;
  hrefOf: (sort: CustomerSort, descending: boolean) => string;
}

/** The first click on a number lists the largest first, on anything else the smallest. */
const beginsDescending = (sort: CustomerSort) => sort === "units" || sort === "paid" || sort === "created";

/**
 * Lists customers. A row is one link: that of the name, stretched over the row. On a phone each row is a card. Without
 * `order` the columns can't be sorted.
 */
export function CustomerTable({
  c,
  customers,
  names,
  order,
  list,
  selection,
}: {
  c: PortalContext;
  customers: CustomerListItem[];
  /** The products' names by their code. */
  names: ProductNames;
  order?: TableOrder;
  /** The query string of the list, for the next and previous customer on each one's page. */
  list?: string;
  /** The id of the form that the checkboxes of the rows belong to; `null` for none. */
  selection?: string | null;
}) {
  const columns = sortedColumns.map(({ name, kind, sort }): Column => {
    if (order === undefined || sort === null) return { name, kind };
    const head = <SortLink {...{ name, sort, order }} />;
    return { name, kind, head, sorted: sort === order.sort ? toAriaSort(order) : undefined };
  });
  return (
    <Table
      label="Customers"
      class="customers"
      columns={selection ? [{ name: "Select", kind: "pick" }, ...columns] : columns}
    >
      {customers.map((customer, index) => (
        <CustomerRow c={c} customer={customer} names={names} list={list}>
          {selection ? <Pick form={selection} index={index} subjectRef={customer.subjectRef} /> : null}
        </CustomerRow>
      ))}
    </Table>
  );
}

const toAriaSort = ({ descending }: TableOrder) => (descending ? "descending" : "ascending");

function SortLink({ name, sort, order }: { name: string; sort: CustomerSort; order: TableOrder }) {
  const isCurrent = sort === order.sort;
  const descending = isCurrent ? !order.descending : beginsDescending(sort);
  return (
    <a class="sort" href={order.hrefOf(sort, descending)}>
      {name}
      {isCurrent ? <span aria-hidden="true">{order.descending ? " ↓" : " ↑"}</span> : null}
    </a>
  );
}

function Pick({ form, index, subjectRef }: { form: string; index: number; subjectRef: string }) {
  return (
    <Cell>
      <label>
        <input type="checkbox" form={form} name={`pick_${index}`} value={subjectRef} />
        <span class="visually-hidden">
          Select <Ref value={subjectRef} />
        </span>
      </label>
    </Cell>
  );
}

function CustomerRow({
  c,
  customer,
  names,
  list,
  children,
}: {
  c: PortalContext;
  customer: CustomerListItem;
  names: ProductNames;
  list: string | undefined;
  /** The first cell, if there is one before the name. */
  children?: Child;
}) {
  const now = c.get("now");
  const { subjectRef, position, unitsLeft, paid, createdAt } = customer;
  const href =
    list === undefined ? buildCustomerPath(c, subjectRef) : linkFromList(c, subjectRef, { list, position });
  return (
    <Row>
      {children}
      <Cell class="wrap">
        <a class="row-link" href={href}>
          <b class="mono">
            <Ref value={subjectRef} />
          </b>
        </a>
        <LookAlikeMark subjectRef={subjectRef} />
      </Cell>
      <Cell>
        <AccessPill customer={customer} now={now} />
      </Cell>
      <Cell>
        <Products entitlements={customer.entitlements} names={names} now={now} />
      </Cell>
      <Cell>{unitsLeft === null ? <None /> : formatCount(unitsLeft)}</Cell>
      <Cell>
        {paid.length === 0 ? (
          <None />
        ) : (
          paid.map(({ currency, amount }) => <div>{formatMoney(amount, currency)}</div>)
        )}
      </Cell>
      <Cell>
        <End customer={customer} now={now} />
      </Cell>
      <Cell>
        <Time at={createdAt} now={now} />
      </Cell>
    </Row>
  );
}

const None = () => <span class="quiet">—</span>;

/** Access now, from what the clock does to the copied state. The customer's page reads the ledger. */
function AccessPill({ customer, now }: { customer: CustomerListItem; now: number }) {
  const { access, attention } = segmentAt(customer.segments ?? [], now) ?? customer;
  const isAllowed = access === "allowed";
  if (attention !== null)
    return (
      <>
        <Pill tone="warn">{attention === "on_hold" ? "On hold" : "Past due"}</Pill>
        <small class="quiet">{isAllowed ? "allowed" : "denied"}</small>
      </>
    );
  if (isAllowed) return <Pill tone="good">Allowed</Pill>;
  return customer.awaitsPayment ? <Pill>Waiting</Pill> : <Pill tone="bad">Denied</Pill>;
}

const maxProducts = 3;

function Products({
  entitlements,
  names,
  now,
}: {
  entitlements: EntitlementListItem[];
  names: ProductNames;
  now: number;
}) {
  const shown = listProducts(entitlements, now);
  if (shown.length === 0) return <None />;
  return (
    <>
      {shown.slice(0, maxProducts).map(({ productCode, count, state }) => (
        <div>
          {nameProduct(names, productCode)}
          {count > 1 ? ` ×${count}` : null}
          {state === null ? null : <span class="quiet"> {state}</span>}
        </div>
      ))}
      {shown.length > maxProducts ? <small class="quiet">and {shown.length - maxProducts} more</small> : null}
    </>
  );
}

/** Groups the entitlements by product. What has ended is listed only when nothing else is left. */
function listProducts(entitlements: EntitlementListItem[], now: number) {
  const described = entitlements.map((each) => ({ ...each, state: describeState(each, now) }));
  const current = described.filter(({ state }) => state !== "canceled" && state !== "ended");
  const groups = new Map<string, { productCode: string; count: number; state: string | null }>();
  for (const { productCode, state } of current.length > 0 ? current : described.slice(0, 1)) {
    const key = `${productCode} ${state}`;
    groups.set(key, { productCode, state, count: (groups.get(key)?.count ?? 0) + 1 });
  }
  return [...groups.values()];
}

function describeState(
  { status, expiresAt, unitsRemaining }: EntitlementListItem,
  now: number,
): string | null {
  if (status === "canceled") return "canceled";
  if (status === "expired" || (expiresAt !== null && expiresAt <= now)) return "ended";
  if (status === "active") return unitsRemaining === 0 ? "used up" : null;
  return status === "past_due" ? "past due" : status;
}

function End({ customer: { endsAt, renews }, now }: { customer: CustomerListItem; now: number }) {
  if (endsAt === null) return <None />;
  const verb = endsAt <= now ? "Ended" : renews ? "Renews" : "Ends";
  return (
    <span class={endsAt <= now ? "end-date quiet" : "end-date"}>
      {renews && endsAt <= now ? "Renewal due" : verb} <Day at={endsAt} now={now} />
    </span>
  );
}
