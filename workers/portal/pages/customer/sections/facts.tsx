import type { Child } from "hono/jsx";
import type { EntitlementExplained } from "../../../../../shared/contract/operations/customer-views.ts";
import { formatCount, nameProduct } from "../../../components/labels/common.ts";
import { entitlementStatusLabels } from "../../../components/labels/customer.ts";
import { Time } from "../../../components/time.tsx";
import type { PortalContext } from "../../../request-context.ts";
import type { CustomerPage } from "../load.ts";

/** Shows who the customer is to the business, in one line: plan, renewal, units and since when. */
export function Facts({ c, page: { customer, lists } }: { c: PortalContext; page: CustomerPage }) {
  const now = c.get("now");
  const plan = findPlan(customer.entitlements);
  const hasUnits = customer.entitlements.some(({ unitsRemaining }) => unitsRemaining !== null);
  const facts: [string, Child][] = [
    ["Plan", plan === undefined ? "None" : nameProduct(lists.productNames, plan.productCode)],
    plan === undefined ? ["Renews", "—"] : formatRenewal(plan, now),
    ["Units left", hasUnits ? formatCount(customer.usageRemaining) : "—"],
    ["Checkouts paid", formatCount(lists.attempts.filter(({ status }) => status === "finalized").length)],
    ["Customer since", lists.subject === null ? "—" : <Time at={lists.subject.createdAt} now={now} />],
  ];
  return (
    <dl class="glance">
      {facts.map(([name, value]) => (
        <div>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
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
  const end = plan.expiresAt ?? plan.currentPeriodEnd;
  if (end === null) return ["Renews", "No expiry"];
  return [plan.cancelAtPeriodEnd === true ? "Cancels" : "Renews", <Time at={end} now={now} />];
}
