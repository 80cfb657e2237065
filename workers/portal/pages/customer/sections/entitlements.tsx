import type {
  CustomerView,
  EntitlementExplained,
  HoldView,
} from "../../../../../shared/contract/operations/customer-views.ts";
import { formatCount, kindLabels } from "../../../components/labels/common.ts";
import { denialLabels, entitlementStatusLabels, toFlagLabel } from "../../../components/labels/customer.ts";
import { Card, Empty, Id, Pill } from "../../../components/parts.tsx";
import { Time } from "../../../components/time.tsx";
import { buildCustomerPath, type PortalContext } from "../../../request-context.ts";
import { buildStripeUrl } from "../stripe-link.ts";

interface Props {
  c: PortalContext;
  customer: CustomerView;
  stripeAccountId: string | null;
  canAct: boolean;
}

export function Entitlements({ c, customer, stripeAccountId, canAct }: Props) {
  const { entitlements, usageRemaining } = customer;
  const usable = entitlements.filter((entitlement) => entitlement.usable).length;
  const units = usageRemaining > 0 ? ` · ${formatCount(usageRemaining)} units left` : "";
  return (
    <Card id="entitlements" title="Entitlements" note={`${usable} of ${entitlements.length} usable${units}`}>
      {entitlements.length === 0 ? (
        <Empty title="No entitlement">
          <p>What the customer pays for, or what you grant by hand, appears here.</p>
        </Empty>
      ) : (
        <ul class="rows">
          {entitlements.map((entitlement) => (
            <li class="entitlement" id={entitlement.entitlementId}>
              <div>
                <div class="row">
                  <b>{entitlement.productCode}</b>
                  <Status entitlement={entitlement} />
                </div>
                <Origin c={c} entitlement={entitlement} stripeAccountId={stripeAccountId} />
                {entitlement.holds.map((hold) => (
                  <Hold c={c} customer={customer} entitlement={entitlement} hold={hold} canAct={canAct} />
                ))}
                {entitlement.flags.map((flag) => (
                  <small>⚑ {toFlagLabel(flag)}</small>
                ))}
              </div>
              <div>
                <Units entitlement={entitlement} />
                <Validity entitlement={entitlement} now={c.get("now")} />
              </div>
              {canAct ? <Actions c={c} customer={customer} entitlement={entitlement} /> : null}
            </li>
          ))}
        </ul>
      )}
    </Card>
  );
}

function Status({ entitlement }: { entitlement: EntitlementExplained }) {
  const { label, tone } = entitlementStatusLabels[entitlement.status];
  return (
    <>
      <Pill tone={entitlement.usable || tone !== "good" ? tone : "warn"}>{label}</Pill>
      <span class="quiet">
        {entitlement.unavailableReason === null
          ? "usable"
          : `not usable: ${denialLabels[entitlement.unavailableReason]}`}
      </span>
    </>
  );
}

function Hold({
  c,
  customer,
  entitlement,
  hold,
  canAct,
}: Pick<Props, "c" | "customer" | "canAct"> & { entitlement: EntitlementExplained; hold: HoldView }) {
  const now = c.get("now");
  const query = new URLSearchParams({ entitlement_id: entitlement.entitlementId, cause_id: hold.causeId });
  return (
    <small>
      Hold by a {hold.reason}, <Id value={hold.causeId} />, since <Time at={hold.placedAt} now={now} />
      {hold.liftedAt === null ? null : (
        <>
          , lifted <Time at={hold.liftedAt} now={now} />
        </>
      )}
      {hold.liftedAt === null && !hold.effective ? ", over: a later period is paid" : null}{" "}
      {canAct && hold.effective ? (
        <a href={buildCustomerPath(c, customer.subjectRef, `/lift-hold?${query}`)}>Lift…</a>
      ) : null}
    </small>
  );
}

/**
 * Shows the units used out of those granted. Manual adjustments count in neither, so more units may remain
 * than were granted.
 */
function Units({
  entitlement: { unitsGranted, unitsRemaining },
}: {
  entitlement: Pick<EntitlementExplained, "unitsGranted" | "unitsRemaining">;
}) {
  if (unitsGranted === null || unitsRemaining === null) return null;
  const gone = Math.max(0, unitsGranted - unitsRemaining);
  const share = unitsGranted === 0 ? 100 : Math.round((100 * gone) / unitsGranted);
  return (
    <>
      <svg
        class="meter"
        viewBox="0 0 100 6"
        preserveAspectRatio="none"
        role="img"
        aria-label={`${formatCount(gone)} of ${formatCount(unitsGranted)} units gone`}
      >
        <rect class="whole" width="100" height="6" />
        <rect width={share} height="6" />
      </svg>
      <small class="num">
        {formatCount(unitsRemaining)} left of {formatCount(unitsGranted)}
      </small>
    </>
  );
}

function Validity({ entitlement, now }: { entitlement: EntitlementExplained; now: number }) {
  const { startsAt, expiresAt, currentPeriodEnd, cancelAtPeriodEnd, graceUntil, canceledAt, createdAt } =
    entitlement;
  const lines: [string, number | null][] = [
    ["from", startsAt ?? createdAt],
    [expiresAt !== null && expiresAt <= now ? "ended" : "until", expiresAt],
    [cancelAtPeriodEnd ? "ends with the period," : "paid until", currentPeriodEnd],
    ["grace until", graceUntil],
    ["canceled", canceledAt],
  ];
  const known = lines.filter((line): line is [string, number] => line[1] !== null);
  return (
    <>
      {known.map(([word, at]) => (
        <small>
          {word} <Time at={at} now={now} />
        </small>
      ))}
      {expiresAt === null && currentPeriodEnd === null && canceledAt === null ? (
        <small>without end</small>
      ) : null}
    </>
  );
}

function Origin({
  c,
  entitlement,
  stripeAccountId,
}: Pick<Props, "c" | "stripeAccountId"> & { entitlement: EntitlementExplained }) {
  const { source, stripe, attemptId, kind, entitlementId } = entitlement;
  const ids = [stripe?.subscriptionId, stripe?.paymentIntentId, stripe?.checkoutSessionId];
  const id = ids.find((known) => typeof known === "string");
  return (
    <small>
      {kindLabels[kind]} <Id value={entitlementId} />
      {source === "portal" ? " · granted by hand" : null}
      {source === "stripe" && attemptId === null ? " · sold at Stripe" : null}
      {attemptId === null ? null : (
        <>
          {" · "}
          <a href={`#${attemptId}`}>checkout</a>
        </>
      )}
      {id === undefined || id === null ? null : (
        <>
          {" · Stripe "}
          <Id value={id} href={buildStripeUrl(id, c.get("mode"), stripeAccountId)} />
        </>
      )}
    </small>
  );
}

function Actions({
  c,
  customer,
  entitlement,
}: Pick<Props, "c" | "customer"> & { entitlement: EntitlementExplained }) {
  const { entitlementId, status, kind, productCode } = entitlement;
  if (status === "canceled" || status === "expired") return null;
  const path = (action: string) =>
    buildCustomerPath(c, customer.subjectRef, `/${action}?entitlement_id=${entitlementId}`);
  return (
    <div class="actions">
      {kind === "usage_pack" ? (
        <a class="button small" href={path("adjust")} aria-label={`Adjust the credits of ${productCode}`}>
          Adjust…
        </a>
      ) : null}
      <a class="button small danger" href={path("revoke")} aria-label={`Revoke ${productCode}`}>
        Revoke…
      </a>
    </div>
  );
}
