import type { EntitlementExplained } from "../../../../../shared/contract/operations/customer-views.ts";
import { Field } from "../../../components/fields.tsx";
import { Icon } from "../../../components/icon.tsx";
import { nameProduct, type ProductNames } from "../../../components/labels/common.ts";
import { denialLabels, formatHeadline } from "../../../components/labels/customer.ts";
import { Card, Id, Pill } from "../../../components/parts.tsx";
import { ExactTime, Time } from "../../../components/time.tsx";
import { getZone } from "../../../http/zone-cookie.ts";
import { buildCustomerPath, type PortalContext } from "../../../request-context.ts";
import { Diagnosis } from "../diagnosis/diagnosis.tsx";
import { PastDiagnosis } from "../diagnosis/past-diagnosis.tsx";
import type { CustomerPage, DecisionWithEntitlements } from "../load.ts";
import { KeptFields, linkToPage } from "../page-link.tsx";
import { Facts } from "./facts.tsx";
import { Recovery } from "./recovery.tsx";

/**
 * Shows the decision first on the page: allowed or denied, the reason, since when, the deciding entitlement, and the
 * likely cause with its fix.
 */
export function DecisionPanel({
  c,
  page,
  canAct,
}: {
  c: PortalContext;
  page: CustomerPage;
  canAct: boolean;
}) {
  const { customer, past } = page;
  const isPast = past !== null && typeof past !== "string";
  const shown: DecisionWithEntitlements = isPast ? past : customer;
  const { decision } = shown;
  return (
    <section
      class={decision.allowed ? "card decision allowed" : "card decision denied"}
      aria-labelledby="decision"
    >
      <div class="answer">
        <span class="mark">
          <Icon name={decision.allowed ? "circle-check" : "circle-x"} />
        </span>
        <div class="said">
          <h2 id="decision">{formatHeadline(decision, isPast)}</h2>
          <p class="quiet">
            {isPast ? (
              <>
                As of <ExactTime at={decision.at} /> (<Time at={decision.at} now={c.get("now")} />)
                {decision.products.length === 0 ? "" : ` for ${decision.products.join(" or ")}`}. Access is{" "}
                {customer.decision.allowed ? "allowed" : "denied"} now.{" "}
                <a href={linkToPage(c, customer.subjectRef)}>Back to now</a>.
              </>
            ) : (
              <Since c={c} page={page} />
            )}{" "}
            <Decider names={page.lists.productNames} shown={shown} />
          </p>
        </div>
      </div>
      {isPast ? (
        <PastDiagnosis c={c} page={page} past={past} />
      ) : (
        <>
          <Diagnosis c={c} page={page} canAct={canAct} />
          <Recovery c={c} page={page} />
        </>
      )}
      <details class="explain">
        <summary>Why?</summary>
        <Rules names={page.lists.productNames} entitlements={shown.entitlements} />
        <p class="quiet">
          Ledger #{decision.sequence} · decision <Id value={decision.decisionId} />
        </p>
      </details>
      {isPast ? null : <Facts c={c} page={page} />}
    </section>
  );
}

function Since({ c, page: { customer } }: { c: PortalContext; page: CustomerPage }) {
  if (customer.since === null)
    return customer.exists ? <>Unchanged since the start of this history.</> : null;
  return (
    <>
      Since <ExactTime at={customer.since} /> (<Time at={customer.since} now={c.get("now")} />
      ).
    </>
  );
}

function Decider({
  names,
  shown: { decision, entitlements },
}: {
  names: ProductNames;
  shown: DecisionWithEntitlements;
}) {
  const decider = entitlements.find(({ entitlementId }) => entitlementId === decision.entitlementId);
  if (decider === undefined) return null;
  // Included units don't decide about access.
  const { length } = entitlements.filter(({ includedIn }) => includedIn === null);
  const of = length === 1 ? "the only entitlement" : `1 of ${length} entitlements`;
  return (
    <>
      {decision.allowed ? "Granted by " : "Closest entitlement: "}
      <a href={`#${decider.entitlementId}`}>{nameProduct(names, decider.productCode)}</a> ({of}).
    </>
  );
}

function Rules({ names, entitlements }: { names: ProductNames; entitlements: EntitlementExplained[] }) {
  if (entitlements.length === 0)
    return <p class="quiet">No entitlements. A payment or a grant creates one.</p>;
  return (
    <ul class="rules">
      {entitlements.map(({ entitlementId, productCode, includedIn, usable, blockers }) => (
        <li>
          <Pill tone={usable ? "good" : "bad"}>
            {!usable ? "Blocked" : includedIn === null ? "Gives access" : "Usable"}
          </Pill>{" "}
          <b>{nameProduct(names, productCode)}</b> <Id value={entitlementId} />
          <small>
            {usable
              ? includedIn === null
                ? "One entitlement that gives access is enough."
                : "Included units don't decide about access."
              : `Blocked by: ${blockers.map((blocker) => denialLabels[blocker]).join("; ")}.`}
          </small>
        </li>
      ))}
    </ul>
  );
}

export function AsOfCard({ c, page: { customer, past } }: { c: PortalContext; page: CustomerPage }) {
  const text = c.req.query("as_of") ?? "";
  const errors = typeof past === "string" ? { as_of: past } : {};
  return (
    <Card title="Access history" pad>
      <form method="get" action={buildCustomerPath(c, customer.subjectRef)} class="form">
        <KeptFields c={c} />
        <Field
          form={{ values: { as_of: text }, errors }}
          name="as_of"
          label="Time or decision ID"
          placeholder="dec_… or 2026-11-22 14:00"
          hint={`In ${getZone(c)}, unless followed by an offset such as +01:00.`}
        />
        <div class="row">
          <button class="button" type="submit">
            View access
          </button>
          {text === "" ? null : <a href={linkToPage(c, customer.subjectRef)}>Back to now</a>}
        </div>
      </form>
      <p class="quiet">
        Current decision <Id value={customer.decision.decisionId} />
      </p>
    </Card>
  );
}
