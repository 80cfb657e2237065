import type { Child } from "hono/jsx";
import type {
  CheckView,
  EntitlementExplained,
} from "../../../../../shared/contract/operations/customer-views.ts";
import type { StripePlan } from "../../../../../shared/contract/operations/stripe-profile.ts";
import { Clock, Day, toDayKey } from "../../../components/day-time.tsx";
import { formatCount, formatMoney, nameProduct } from "../../../components/labels/common.ts";
import { entitlementStatusLabels } from "../../../components/labels/customer.ts";
import { Definitions } from "../../../components/parts.tsx";
import { Time } from "../../../components/time.tsx";
import { getZone } from "../../../http/zone-cookie.ts";
import type { PortalContext } from "../../../request-context.ts";
import type { CustomerPage } from "../load.ts";
import { formatPaid, toRead } from "../profile.tsx";

/** Shows who the customer is to the business, in one line: plan, renewal, units, payments, last check and since when. */
export function Facts({ c, page: { customer, lists, profile } }: { c: PortalContext; page: CustomerPage }) {
  const now = c.get("now");
  const plan = findPlan(customer.entitlements);
  const hasUnits = customer.entitlements.some(({ unitsRemaining }) => unitsRemaining !== null);
  const read = toRead(profile);
  const price = read?.plans.find(({ subscriptionId }) => subscriptionId === plan?.stripe?.subscriptionId);
  const facts: [string, Child][] = [
    [
      "Plan",
      plan === undefined ? (
        "None"
      ) : (
        <Plan name={nameProduct(lists.productNames, plan.productCode)} price={price} />
      ),
    ],
    plan === undefined ? ["Renews", "—"] : formatRenewal(plan, now),
    ["Units left", hasUnits ? formatCount(customer.usageRemaining) : "—"],
    ["Paid in total", read === null ? "—" : formatPaid(read)],
    ["Last check", <LastCheck check={customer.lastCheck} now={now} zone={getZone(c)} />],
    ["Customer since", lists.subject === null ? "—" : <Time at={lists.subject.createdAt} now={now} />],
  ];
  return <Definitions class="glance" items={facts} />;
}

function Plan({ name, price }: { name: string; price: StripePlan | undefined }) {
  if (price === undefined || price.amount === null) return <>{name}</>;
  const { amount, currency, interval } = price;
  return (
    <>
      {name}{" "}
      <small>
        {formatMoney(amount, currency)} per {interval}
      </small>
    </>
  );
}

/** The runtime keeps the last check in memory only, so an old one is unknown. */
function LastCheck({ check, now, zone }: { check: CheckView | null; now: number; zone: string }) {
  if (check === null)
    return <span title="Licenzy keeps the last check for a few minutes.">None recently</span>;
  return (
    <>
      {toDayKey(check.at, zone) === toDayKey(now, zone) ? null : (
        <>
          <Day at={check.at} now={now} />{" "}
        </>
      )}
      <Clock at={check.at} />, {check.allowed ? "allowed" : "denied"}
    </>
  );
}

/** Returns the subscription that gives access, or else the newest one that has not ended. */
function findPlan(entitlements: EntitlementExplained[]): EntitlementExplained | undefined {
  const subscriptions = entitlements.filter(({ kind }) => kind === "subscription");
  return (
    subscriptions.find(({ usable }) => usable) ??
    subscriptions.find(({ status }) => status !== "canceled" && status !== "expired")
  );
}

function formatRenewal(plan: EntitlementExplained, now: number): [string, Child] {
  if (plan.status === "past_due" || plan.status === "paused")
    return ["Renews", entitlementStatusLabels[plan.status].label];
  const { expiresAt, currentPeriodEnd } = plan;
  // What an operator granted has an end, and no next period.
  if (expiresAt !== null) return ["Ends", <Time at={expiresAt} now={now} />];
  if (currentPeriodEnd === null) return ["Renews", "No expiry"];
  return [plan.cancelAtPeriodEnd === true ? "Cancels" : "Renews", <Time at={currentPeriodEnd} now={now} />];
}
