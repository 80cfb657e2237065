import type { EntitlementExplained } from "../../../../../shared/contract/operations/customer-views.ts";
import { Field } from "../../../components/fields.tsx";
import { denialLabels } from "../../../components/labels/customer.ts";
import { Card, Id, Pill } from "../../../components/parts.tsx";
import { ExactTime, Time } from "../../../components/time.tsx";
import { buildCustomerPath, type PortalContext } from "../../../request-context.ts";
import type { CustomerPage, DecisionWithEntitlements } from "../load.ts";

/**
 * Shows the decision first on the page: allowed or denied, the reason, since when, and the deciding
 * entitlement.
 */
export function DecisionPanel({ c, page }: { c: PortalContext; page: CustomerPage }) {
  const { customer, past } = page;
  const isPast = past !== null && typeof past !== "string";
  const shown: DecisionWithEntitlements = isPast ? past : customer;
  const { decision } = shown;
  const verb = isPast ? "was" : "is";
  return (
    <section
      class={decision.allowed ? "card decision allowed" : "card decision denied"}
      aria-labelledby="decision"
    >
      <span class="mark" aria-hidden="true">
        {decision.allowed ? "✓" : "✕"}
      </span>
      <div class="said">
        <h2 id="decision">
          {decision.allowed ? `Access ${verb} allowed` : `Access ${verb} denied`}
          {decision.reason === null ? "" : `: ${denialLabels[decision.reason]}`}
        </h2>
        <p class="quiet">
          {isPast ? (
            <>
              As of <ExactTime at={decision.at} /> (<Time at={decision.at} now={c.get("now")} />
              ). Now it is {customer.decision.allowed ? "allowed" : "denied"}:{" "}
              <a href={buildCustomerPath(c, customer.subjectRef)}>back to now</a>.
            </>
          ) : (
            <Since c={c} page={page} />
          )}{" "}
          <Decider shown={shown} />
        </p>
        <details class="explain">
          <summary>Explain</summary>
          <Rules entitlements={shown.entitlements} />
          <p class="quiet">
            Entry {decision.sequence} of the ledger · decision <Id value={decision.decisionId} />
          </p>
        </details>
      </div>
    </section>
  );
}

function Since({ c, page: { customer } }: { c: PortalContext; page: CustomerPage }) {
  if (customer.since === null)
    return customer.exists ? <>It has been so for as long as the ledger shown here tells.</> : null;
  return (
    <>
      Since <ExactTime at={customer.since} /> (<Time at={customer.since} now={c.get("now")} />
      ).
    </>
  );
}

function Decider({ shown: { decision, entitlements } }: { shown: DecisionWithEntitlements }) {
  const decider = entitlements.find(({ entitlementId }) => entitlementId === decision.entitlementId);
  if (decider === undefined) return null;
  return (
    <>
      {decision.allowed ? "Because of " : "Nearest to access is "}
      <a href={`#${decider.entitlementId}`}>{decider.productCode}</a>
      {entitlements.length === 1
        ? ", the only entitlement."
        : `, one of ${entitlements.length} entitlements.`}
    </>
  );
}

function Rules({ entitlements }: { entitlements: EntitlementExplained[] }) {
  if (entitlements.length === 0)
    return <p class="quiet">There is no entitlement. One comes with a payment, or by a grant.</p>;
  return (
    <ul class="rules">
      {entitlements.map(({ entitlementId, productCode, usable, blockers }) => (
        <li>
          <Pill tone={usable ? "good" : "bad"}>{usable ? "Usable" : "Not usable"}</Pill> <b>{productCode}</b>{" "}
          <Id value={entitlementId} />
          <small>
            {usable
              ? "Nothing stands in its way: access is allowed as long as one entitlement is usable."
              : `In the way: ${blockers.map((blocker) => denialLabels[blocker]).join("; ")}.`}
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
    <Card title="Access at another moment" pad>
      <form method="get" action={buildCustomerPath(c, customer.subjectRef)} class="form">
        <Field
          form={{ values: { as_of: text }, errors }}
          name="as_of"
          label="Moment or decision id"
          placeholder="dec_… or 2026-11-22 14:00"
          hint="In UTC, unless a zone such as +01:00 follows."
        />
        <div class="row">
          <button class="button" type="submit">
            Show
          </button>
          {text === "" ? null : <a href={buildCustomerPath(c, customer.subjectRef)}>Back to now</a>}
        </div>
      </form>
      <p class="quiet">
        The decision of now is <Id value={customer.decision.decisionId} />
      </p>
    </Card>
  );
}
