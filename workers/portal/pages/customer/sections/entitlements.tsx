import type {
  CustomerView,
  EntitlementExplained,
  EntryView,
  HoldView,
} from "../../../../../shared/contract/operations/customer-views.ts";
import { Icon } from "../../../components/icon.tsx";
import { formatCount, formatUnits, kindLabels, nameProduct } from "../../../components/labels/common.ts";
import { denialLabels, entitlementStatusLabels, toFlagLabel } from "../../../components/labels/customer.ts";
import { Card, Empty, Id, Pill } from "../../../components/parts.tsx";
import { Time } from "../../../components/time.tsx";
import type { CustomerLists } from "../../../db/customer.ts";
import { buildCustomerPath, type PortalContext } from "../../../request-context.ts";
import { buildStripeUrl } from "../stripe-link.ts";
import { groupIncluded, Included, NextUnits } from "./included-units.tsx";

interface Props {
  c: PortalContext;
  customer: CustomerView;
  lists: CustomerLists;
  /** The action that led to this page: what it touched is marked. */
  marked: EntryView | undefined;
  canAct: boolean;
}

export function Entitlements({ c, customer, lists, marked, canAct }: Props) {
  const entitlements = groupIncluded(customer.entitlements);
  // Included units don't decide about access.
  const deciding = entitlements.filter(({ includedIn }) => includedIn === null);
  const usable = deciding.filter((entitlement) => entitlement.usable).length;
  const touched = new Set(marked?.touched.map(({ entitlementId }) => entitlementId));
  return (
    <Card
      id="entitlements"
      title="Entitlements"
      note={entitlements.length === 0 ? undefined : `${usable} of ${deciding.length} give access`}
    >
      {entitlements.length === 0 ? (
        <Empty title="No entitlements yet">
          <p>A payment or a grant creates one.</p>
        </Empty>
      ) : (
        <ul class="rows">
          {entitlements.map((entitlement) => (
            <li
              class={touched.has(entitlement.entitlementId) ? "entitlement marked" : "entitlement"}
              id={entitlement.entitlementId}
            >
              <div>
                <b>{nameProduct(lists.productNames, entitlement.productCode)}</b>
                <Included customer={customer} names={lists.productNames} entitlement={entitlement} />
                <Origin c={c} entitlement={entitlement} stripeAccountId={lists.stripeAccountId} />
                {entitlement.holds.map((hold) => (
                  <Hold c={c} customer={customer} entitlement={entitlement} hold={hold} canAct={canAct} />
                ))}
                {entitlement.flags.map((flag) => (
                  <small class="flag">
                    <Icon name="triangle-alert" /> {toFlagLabel(flag)}
                  </small>
                ))}
              </div>
              <div>
                <Status entitlement={entitlement} />
              </div>
              <div>
                <Units entitlement={entitlement} />
                <Validity entitlement={entitlement} now={c.get("now")} />
                <NextUnits c={c} customer={customer} entitlement={entitlement} />
              </div>
              {canAct ? <Actions c={c} customer={customer} entitlement={entitlement} /> : null}
            </li>
          ))}
        </ul>
      )}
    </Card>
  );
}

function Status({
  entitlement: { status, usable, unavailableReason },
}: {
  entitlement: EntitlementExplained;
}) {
  const { label, tone } = entitlementStatusLabels[status];
  return (
    <>
      <Pill tone={usable || tone !== "good" ? tone : "warn"}>{label}</Pill>
      {unavailableReason === null ? null : <small>Blocked: {denialLabels[unavailableReason]}</small>}
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
      {hold.liftedAt === null && hold.effective ? "On hold" : "Hold"} ({hold.reason}){" "}
      <Id value={hold.causeId} /> placed <Time at={hold.placedAt} now={now} />
      {hold.liftedAt === null ? null : (
        <>
          {" · lifted "}
          <Time at={hold.liftedAt} now={now} />
        </>
      )}
      {hold.liftedAt === null && !hold.effective ? " · released by a later payment" : null}{" "}
      {canAct && hold.effective ? (
        <a href={buildCustomerPath(c, customer.subjectRef, `/lift-hold?${query}`)} data-drawer>
          Lift hold…
        </a>
      ) : null}
    </small>
  );
}

function labelPeriodEnd({ status, cancelAtPeriodEnd, currentPeriodEnd }: EntitlementExplained, now: number) {
  if (currentPeriodEnd !== null && currentPeriodEnd <= now) return "Period ended";
  return cancelAtPeriodEnd === true ? "Cancels" : status === "active" ? "Renews" : "Period ends";
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
        aria-label={`${formatCount(unitsRemaining)} of ${formatUnits(unitsGranted)} left`}
      >
        <rect class="whole" width="100" height="6" />
        <rect width={100 - share} height="6" />
      </svg>
      <small class="num">
        {formatCount(unitsRemaining)} of {formatCount(unitsGranted)} left
      </small>
    </>
  );
}

function Validity({ entitlement, now }: { entitlement: EntitlementExplained; now: number }) {
  const { startsAt, expiresAt, currentPeriodEnd, graceUntil, canceledAt, createdAt } = entitlement;
  const lines: [string, number | null][] = [
    [(startsAt ?? createdAt) > now ? "Starts" : "Started", startsAt ?? createdAt],
    [expiresAt !== null && expiresAt <= now ? "Ended" : "Ends", expiresAt],
    [labelPeriodEnd(entitlement, now), currentPeriodEnd],
    ["Grace until", graceUntil],
    ["Canceled", canceledAt],
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
        <small>No expiry</small>
      ) : null}
    </>
  );
}

function Origin({
  c,
  entitlement,
  stripeAccountId,
}: {
  c: PortalContext;
  stripeAccountId: string | null;
  entitlement: EntitlementExplained;
}) {
  const { source, stripe, attemptId, kind, entitlementId } = entitlement;
  const ids = [stripe?.subscriptionId, stripe?.paymentIntentId, stripe?.checkoutSessionId];
  const id = ids.find((known) => typeof known === "string");
  return (
    <small class="origin">
      <span>
        {kindLabels[kind]} <Id value={entitlementId} />
      </span>
      {source === "portal" ? <span>Granted by an operator</span> : null}
      {source === "stripe" && attemptId === null ? <span>Sold in Stripe</span> : null}
      {id === undefined || id === null ? null : (
        <span>
          Stripe <Id value={id} href={buildStripeUrl(id, c.get("mode"), stripeAccountId)} />
        </span>
      )}
      {attemptId === null ? null : <a href={`?tab=payments#${attemptId}`}>View checkout</a>}
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
        <a
          class="button small"
          href={path("adjust")}
          aria-label={`Adjust units of ${productCode}`}
          data-drawer
        >
          Adjust units…
        </a>
      ) : null}
      <a
        class="button small danger"
        href={path("revoke")}
        aria-label={`Revoke access by ${productCode}`}
        data-drawer
      >
        Revoke access…
      </a>
    </div>
  );
}
