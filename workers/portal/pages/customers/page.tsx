import { findCustomersByEmail } from "../../../../shared/contract/operations/customers.ts";
import { type LastErasure, readLastErasure } from "../../../../shared/db/erasures.ts";
import { entitlementStatusLabels } from "../../components/labels/customer.ts";
import { renderPage } from "../../components/layout.tsx";
import { LookAlikeMark } from "../../components/look-alike.tsx";
import { Card, Empty, Id, NextPage, PageHead, Pill, Table } from "../../components/parts.tsx";
import { Time } from "../../components/time.tsx";
import {
  type CustomerListItem,
  type EntitlementListItem,
  findCustomers,
  listCustomers,
} from "../../db/customers.ts";
import { callOperation } from "../../http/call-operation.ts";
import { buildCustomerPath, buildPath, getScope, type PortalContext } from "../../request-context.ts";
import { ErasedCard } from "../customer/data/erase.tsx";

const perPage = 50;
const maxPills = 5;

export async function showCustomers(c: PortalContext) {
  const text = (c.req.query("q") ?? "").trim();
  const {
    customers,
    next,
    note,
    isLaterPage = false,
    erasure = null,
  } = text === "" ? await listRecent(c) : await search(c, text);
  const match = text === "" || isLaterPage ? undefined : findMatch(customers, text);
  if (match !== undefined) return c.redirect(buildResultPath(c, match.subjectRef, text), 303);
  return renderPage(
    c,
    { title: text === "" ? "Customers" : `“${text}”` },
    <>
      <PageHead
        title="Customers"
        lead="Everybody who opened a checkout or was granted access, newest first."
      />
      <Card>
        <search>
          <form class="filters" method="get" action={buildPath(c, "/customers")}>
            <div class="field wide">
              <label for="q">Find</label>
              <input
                id="q"
                name="q"
                type="search"
                value={text}
                placeholder="user_8812, m.keller@example.com, cus_…, sub_…, cs_…, pi_…, dec_…"
              />
            </div>
            <button class="button" type="submit">
              Find
            </button>
            {text === "" ? null : <a href={buildPath(c, "/customers")}>Show recent</a>}
          </form>
        </search>
        {note === null ? null : <p class="pad quiet">{note}</p>}
        {customers.length > 0 ? (
          <CustomerTable c={c} customers={customers} />
        ) : text === "" ? (
          <NoCustomers c={c} />
        ) : erasure !== null ? (
          <ErasedCard c={c} erasure={erasure} />
        ) : (
          <Empty title={`Nothing found for “${text}”`}>
            <p>
              Search takes the beginning of a subject_ref, a whole e-mail address, or a whole id of Stripe's
              (customer, subscription, checkout session, payment) or ours (a decision's dec_… too). You are
              looking in {c.get("mode")} mode.
            </p>
          </Empty>
        )}
        <NextPage href={next} shown={customers.length} />
      </Card>
    </>,
  );
}

/** Returns the path of a customer found by `text`. A decision id opens the page as of that decision. */
export const buildResultPath = (c: PortalContext, subjectRef: string, text: string): string =>
  buildCustomerPath(c, subjectRef, text.startsWith("dec_") ? `?as_of=${encodeURIComponent(text)}` : "");

/** Returns the only result, or the customer with the search text as `subject_ref`. */
function findMatch(customers: CustomerListItem[], text: string): CustomerListItem | undefined {
  return customers.length === 1 ? customers[0] : customers.find(({ subjectRef }) => subjectRef === text);
}

interface SearchResult {
  customers: CustomerListItem[];
  next: string | null;
  note: string | null;
  isLaterPage?: boolean;
  /** The erasure of a customer with this `subject_ref`, when there are no results. */
  erasure?: LastErasure | null;
}

async function listRecent(c: PortalContext): Promise<SearchResult> {
  const [, createdAt, subjectRef] = /^(\d{1,16})\.(.+)$/.exec(c.req.query("before") ?? "") ?? [];
  const before =
    createdAt === undefined || subjectRef === undefined
      ? undefined
      : { createdAt: Number(createdAt), subjectRef };
  const rows = await listCustomers(c.env.DB, getScope(c), before, perPage + 1);
  const customers = rows.slice(0, perPage);
  const last = customers.at(-1);
  const cursor = last === undefined ? "" : encodeURIComponent(`${last.createdAt}.${last.subjectRef}`);
  const next = rows.length > perPage ? `${buildPath(c, "/customers")}?before=${cursor}` : null;
  return { customers, next, note: null };
}

/** Searches customers. Email addresses are looked up at Stripe, since Licenzy does not store them. */
async function search(c: PortalContext, text: string): Promise<SearchResult> {
  const isEmail = /^[^\s@]+@[^\s@]+$/.test(text);
  const reply = isEmail ? await callOperation(c, findCustomersByEmail, { email: text }) : null;
  const customerIds = reply?.outcome === "done" ? reply.customerIds : [];
  const cursor = c.req.query("after") ?? null;
  const page = { after: cursor, limit: perPage };
  const { customers, after, hasMoreOwners } = await findCustomers(
    c.env.DB,
    getScope(c),
    text,
    customerIds,
    page,
  );
  const note =
    reply?.outcome === "refused"
      ? `Stripe could not be asked for the address: ${reply.message}`
      : hasMoreOwners
        ? `More than ${perPage} customers fit; search for a subject_ref to find one of the others.`
        : null;
  const query = new URLSearchParams({ q: text, after: after ?? "" });
  const next = after === null ? null : `${buildPath(c, "/customers")}?${query}`;
  const erasure =
    customers.length === 0 ? await readLastErasure(c.env.DB, { ...getScope(c), subjectRef: text }) : null;
  return { customers, next, isLaterPage: cursor !== null, note, erasure };
}

function CustomerTable({ c, customers }: { c: PortalContext; customers: CustomerListItem[] }) {
  const now = c.get("now");
  return (
    <Table label="Customers" head={["Customer", "Entitlements", "Stripe customer", "Since"]}>
      {customers.map(({ subjectRef, entitlements, stripeCustomerId, createdAt }) => (
        <tr>
          <td class="wrap">
            <a href={buildCustomerPath(c, subjectRef)}>
              <b class="mono">{subjectRef}</b>
            </a>
            <LookAlikeMark subjectRef={subjectRef} />
          </td>
          <td>
            {entitlements.length === 0 ? (
              <span class="quiet">none</span>
            ) : (
              <div class="row">
                {entitlements.slice(0, maxPills).map((entitlement) => (
                  <EntitlementPill entitlement={entitlement} now={now} />
                ))}
                {entitlements.length > maxPills ? <span class="quiet">and more</span> : null}
              </div>
            )}
          </td>
          <td>
            {stripeCustomerId === null ? <span class="quiet">–</span> : <Id value={stripeCustomerId} />}
          </td>
          <td>
            <Time at={createdAt} now={now} />
          </td>
        </tr>
      ))}
    </Table>
  );
}

/**
 * Shows an entitlement from the D1 copy. Holds appear only on the customer's page, which reads the ledger.
 */
function EntitlementPill({ entitlement, now }: { entitlement: EntitlementListItem; now: number }) {
  const { code, status, unitsRemaining, expiresAt } = entitlement;
  const hasExpired = expiresAt !== null && expiresAt <= now;
  if (status === "active" && hasExpired) return <Pill>{code} · over</Pill>;
  if (status === "active" && unitsRemaining === 0) return <Pill tone="warn">{code} · used up</Pill>;
  return (
    <Pill tone={entitlementStatusLabels[status].tone}>
      {code} · {status.replace("_", " ")}
    </Pill>
  );
}

function NoCustomers({ c }: { c: PortalContext }) {
  return (
    <Empty title={`No customer in ${c.get("mode")} mode yet`}>
      <p>
        Open a checkout with your key: <code>POST /v1/checkout/session</code> with a <code>subject_ref</code>{" "}
        and a <code>product_code</code>. The customer appears here with it.
      </p>
      <a class="button" href="/v1/docs">
        API reference
      </a>
    </Empty>
  );
}
