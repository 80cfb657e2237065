import { applyAction } from "../../../../shared/contract/operations/customers.ts";
import { subjectRefSchema } from "../../../../shared/contract/subject-ref.ts";
import { mayRun } from "../../auth/may-run.ts";
import { renderPage } from "../../components/layout.tsx";
import { Card, Empty, NextPage, PageHead } from "../../components/parts.tsx";
import { Ref } from "../../components/ref.tsx";
import { redirectWith } from "../../http/flash.ts";
import { buildCustomerPath, buildPath, buildProjectPath, type PortalContext } from "../../request-context.ts";
import { ErasedCard } from "../customer/data/erase.tsx";
import { CustomerTable } from "./customer-table.tsx";
import { toNames } from "./list.tsx";
import type { Match } from "./matches.ts";
import { type Resolution, resolve } from "./resolve.ts";
import { SearchForm } from "./search-form.tsx";

const perPage = 50;

/** Goes to the only page that the text leads to, and says what it is. Several are listed. */
export async function showResults(c: PortalContext, text: string) {
  const after = c.req.query("after") ?? null;
  const result = await resolve(c, text, { page: { after, limit: perPage }, readStripe: after === null });
  const { matches, found } = result;
  const [only, ...others] = matches;
  if (after === null && only !== undefined && others.length === 0) {
    const isPlain = result.recognized === null || only.subjectRef === text;
    return isPlain ? c.redirect(only.href, 303) : redirectWith(c, only.href, `${only.sentence}.`);
  }
  const [customer, ...more] = found.customers;
  if (after === null && matches.length === 0 && customer !== undefined && more.length === 0)
    return c.redirect(buildCustomerPath(c, customer.subjectRef), 303);
  const next = found.after === null ? null : new URLSearchParams({ q: text, after: found.after });
  const isNothing = matches.length === 0 && found.customers.length === 0;
  return renderPage(
    c,
    { title: `“${text.slice(0, 60)}”` },
    <>
      <PageHead title="Customers" />
      <Card>
        <div class="list-tools">
          <SearchForm c={c} text={text} />
          <a href={buildPath(c, "/customers")}>Show all customers</a>
        </div>
        <Recognized c={c} text={text} result={result} />
        {matches.length === 0 ? null : <Matches label="Results" matches={matches} />}
        {found.customers.length === 0 ? null : (
          <CustomerTable c={c} customers={found.customers} names={toNames(found.products)} />
        )}
        {!isNothing ? null : found.erasure !== null ? (
          <ErasedCard c={c} erasure={found.erasure} />
        ) : (
          <NothingFound c={c} text={text} result={result} />
        )}
        <NextPage
          href={next === null ? null : `${buildPath(c, "/customers")}?${next}`}
          shown={found.customers.length}
        />
      </Card>
    </>,
  );
}

/** What was recognized, what could not be looked up, and what the other mode has. */
function Recognized({ c, text, result }: { c: PortalContext; text: string; result: Resolution }) {
  const { recognized, elsewhere, namesOtherMode, note } = result;
  const { projectId } = c.get("project");
  const mode = c.get("mode");
  const other = mode === "test" ? "live" : "test";
  const query = new URLSearchParams({ q: text });
  if (recognized === null && elsewhere.length === 0 && note === null) return null;
  return (
    <div class="pad">
      {recognized === null ? null : (
        <p class="wrap">
          Recognized: <b>{recognized}</b>
          {namesOtherMode ? ` of ${other} mode. You are in ${mode} mode.` : null}
        </p>
      )}
      {note === null ? null : (
        <p class="quiet wrap" role="status">
          {note}
        </p>
      )}
      {elsewhere.length > 0 ? (
        <Matches label={`Found in ${other} mode`} matches={elsewhere} />
      ) : namesOtherMode ? (
        <p>
          <a class="button" href={`${buildProjectPath(projectId, other, "/customers")}?${query}`}>
            Search in {other} mode
          </a>
        </p>
      ) : null}
    </div>
  );
}

function Matches({ label, matches }: { label: string; matches: Match[] }) {
  return (
    <section class="matches" aria-label={label}>
      <h2>{label}</h2>
      <ul>
        {matches.map(({ sentence, href }) => (
          <li>
            <a href={href}>
              <Ref value={sentence} />
            </a>
          </li>
        ))}
      </ul>
    </section>
  );
}

function NothingFound({ c, text, result }: { c: PortalContext; text: string; result: Resolution }) {
  const mode = c.get("mode");
  const mayBeRef = result.recognized === null && subjectRefSchema.safeParse(text).success;
  return (
    <Empty title={`No results for “${text.slice(0, 100)}” in ${mode} mode`}>
      <p>
        Paste an email address, a <code>subject_ref</code> or part of it, any ID of Stripe or Licenzy, or an
        address of the Stripe Dashboard.
      </p>
      {mayBeRef && mayRun(c, applyAction) ? (
        <a class="button" href={buildCustomerPath(c, text, "/grant")}>
          Grant access to this subject_ref
        </a>
      ) : null}
    </Empty>
  );
}
