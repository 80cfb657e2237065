import { ExactTime } from "../../../components/time.tsx";
import type { CustomerStripeEvent } from "../../../db/customer.ts";
import { buildPath, type PortalContext } from "../../../request-context.ts";
import type { CustomerPage, DecisionWithEntitlements } from "../load.ts";
import { diagnosePast } from "./diagnose-past.ts";

/** Explains a past decision by what was known then. Offers no fix, since a fix changes the present. */
export function PastDiagnosis({
  c,
  page: { customer, lists },
  past,
}: {
  c: PortalContext;
  page: CustomerPage;
  past: DecisionWithEntitlements;
}) {
  const { causes, isPartial } = diagnosePast(customer, lists, past);
  return (
    <ol class="causes" id="diagnosis" aria-label="Causes at that time">
      {causes.map(({ title, what }) => (
        <li>
          <p>
            <b>{title}.</b> {typeof what === "string" ? what : <Late event={what} c={c} />}
          </p>
        </li>
      ))}
      <li>
        <p class="quiet">
          {isPartial ? "Go to older activity for the changes that led to this. " : null}
          Fixes apply to the current state. Past webhook deliveries are not part of this view: Licenzy keeps
          only their latest state.
        </p>
      </li>
    </ol>
  );
}

function Late({
  c,
  event: { eventId, type, receivedAt, settledAt },
}: {
  c: PortalContext;
  event: CustomerStripeEvent;
}) {
  return (
    <>
      <a href={buildPath(c, `/events/${eventId}`)}>{type}</a> arrived at <ExactTime at={receivedAt} /> and{" "}
      {settledAt === null ? (
        "is still not processed"
      ) : (
        <>
          was processed at <ExactTime at={settledAt} />
        </>
      )}
      .
    </>
  );
}
