import type { CustomerView } from "../../../../../shared/contract/operations/customer-views.ts";
import { nameProduct } from "../../../components/labels/common.ts";
import { formatEventDetail } from "../../../components/labels/customer.ts";
import { formatAttemptResult } from "../../../components/labels/webhook.ts";
import type { CustomerDelivery, CustomerLists } from "../../../db/customer.ts";
import { diagnoseDenial } from "./diagnose-denial.ts";
import { findHeldUnits } from "./find-held-units.ts";
import { findUsedAllowances } from "./find-used-allowances.ts";
import { grantAction, type LikelyCause, syncAction } from "./likely-cause.ts";

export type DiagnosisFacts = Pick<
  CustomerLists,
  "attempts" | "stripeEvents" | "deliveries" | "otherMode" | "productNames"
> & {
  /** What Stripe says of the payment that failed last, as a sentence; `null` when it did not fail or Stripe was not read. */
  failedPayment: string | null;
};

/**
 * Applies the support playbooks to the loaded page and returns likely causes, the likeliest first. Never
 * empty.
 *
 * Pure: it reads nothing, and only proposes actions that an operator previews.
 */
export function diagnose(customer: CustomerView, facts: DiagnosisFacts): LikelyCause[] {
  const denialCauses = customer.decision.allowed
    ? []
    : [
        ...unappliedEvents(facts),
        ...diagnoseDenial(customer, customer.decision.reason ?? "no_entitlement", facts),
        ...unsettledCheckouts(customer, facts),
      ];
  const noUnits =
    customer.decision.allowed && customer.usageRemaining === 0
      ? [...findHeldUnits(customer), ...findUsedAllowances(customer, facts)]
      : [];
  const delayedEvents = customer.decision.allowed ? unappliedEvents(facts) : [];
  const causes = [...denialCauses, ...failedDeliveries(customer, facts), ...delayedEvents, ...noUnits];
  if (causes.length > 0) return causes;
  return customer.decision.allowed ? [allWell] : [nothingBought(customer, facts)];
}

/** Finds Stripe events that are not applied to the ledger yet. */
function unappliedEvents({ stripeEvents }: DiagnosisFacts): LikelyCause[] {
  const failed = stripeEvents.find(({ status }) => status === "failed");
  const waiting = stripeEvents.find(({ status }) => status === "received");
  if (failed !== undefined)
    return [
      {
        cause: "paid_without_access",
        title: "Stripe event failed to process",
        text: `${failed.type} failed. ${failed.detail === null ? "" : `${formatEventDetail(failed.detail)}. `}This customer may have the wrong access.`,
        actions: [{ label: "Review event", page: `/events/${failed.eventId}` }],
      },
    ];
  if (waiting !== undefined)
    return [
      {
        cause: "paid_without_access",
        title: "Stripe event queued",
        text: `${waiting.type} is not processed yet. ${waiting.detail === null ? "" : `${formatEventDetail(waiting.detail)}. `}Licenzy retries it automatically.`,
        actions: [{ label: "View event", page: `/events/${waiting.eventId}` }],
      },
    ];
  return [];
}

/** Finds the newest checkout without an entitlement, unless a later entitlement exists. */
function unsettledCheckouts(
  { entitlements }: CustomerView,
  { attempts, productNames }: DiagnosisFacts,
): LikelyCause[] {
  const newest = attempts[0];
  if (newest === undefined || entitlements.some(({ createdAt }) => createdAt > newest.createdAt)) return [];
  const name = nameProduct(productNames, newest.productCode);
  switch (newest.status) {
    case "finalized":
      return entitlements.some(({ attemptId }) => attemptId === newest.attemptId)
        ? []
        : [
            {
              cause: "paid_without_access",
              title: "Checkout paid, no access yet",
              text: `The checkout of ${name} created no entitlement. Stripe sends the subscription in separate events, which have not arrived.`,
              actions: [syncAction],
            },
          ];
    case "processing":
      return [
        {
          cause: "paid_without_access",
          title: "Payment is processing",
          text: `The checkout of ${name} is complete, but its payment method can take several days. Access starts when the payment succeeds.`,
          actions: [syncAction, grantAction(newest.productCode)],
        },
      ];
    case "created":
      return [
        {
          cause: "paid_without_access",
          title: "No payment received from Stripe yet",
          text: `The checkout of ${name} is still open. If the customer has paid, sync from Stripe to fetch the payment.`,
          actions: [syncAction],
        },
      ];
    case "failed":
      return [
        {
          cause: "nothing_bought",
          title: "Last checkout unpaid",
          text: `The checkout of ${name} expired or its payment failed. The customer needs a new checkout.`,
          actions: [grantAction(newest.productCode)],
        },
      ];
  }
}

function failedDeliveries({ subjectRef }: CustomerView, { deliveries }: DiagnosisFacts): LikelyCause[] {
  const dead = deliveries.filter(({ state }) => state === "dead");
  const failed = deliveries.filter(({ state }) => state === "failed");
  const hasDead = dead.length > 0;
  const affected = hasDead ? dead : failed;
  const [first] = affected;
  if (first === undefined) return [];
  const status = hasDead ? "dead" : "failed";
  const query = `status=${status}&customer=${encodeURIComponent(subjectRef)}`;
  const host = new URL(first.url).host;
  return [
    {
      cause: "delivery_failed",
      title: hasDead ? "Webhook delivery failed" : "Webhook delivery is retrying",
      text: `${
        affected.length === 1
          ? `${first.eventType} to ${host} failed`
          : `${affected.length} deliveries to ${host} failed, most recently ${first.eventType}`
      }${formatResult(first)}. Your app may show outdated access.${hasDead ? "" : " Licenzy retries automatically."}`,
      actions:
        affected.length === 1
          ? [
              { label: "Retry delivery", form: `/deliveries/${first.deliveryId}/requeue` },
              { label: "View response", page: `/deliveries/${first.deliveryId}` },
            ]
          : [
              { label: `Retry ${affected.length} deliveries…`, page: `/deliveries/requeue?${query}` },
              { label: "View responses", page: `/deliveries?${query}` },
            ],
    },
  ];
}

/** Formats what the endpoint returned last, as ` (HTTP 503)`. */
function formatResult({ lastStatus, lastError }: CustomerDelivery): string {
  const result = formatAttemptResult(lastStatus, lastError);
  return result === null ? "" : ` (${result})`;
}

const allWell: LikelyCause = {
  cause: "all_well",
  title: "No issues found",
  text: "Access is allowed, every Stripe event is processed, and every webhook is delivered.",
  actions: [],
};

function nothingBought({ exists }: CustomerView, { otherMode }: DiagnosisFacts): LikelyCause {
  const cause = "nothing_bought";
  if (otherMode !== null)
    return {
      cause,
      title: `Customer exists in ${otherMode} mode only`,
      text: `A checkout, payment or grant was made in ${otherMode} mode. Your backend's API key selects the mode: check that it uses the right key.`,
      actions: [{ label: `View in ${otherMode} mode`, page: ".", mode: otherMode }],
    };
  return {
    cause,
    title: exists ? "No active entitlement" : "Unknown customer",
    text: "No checkout, payment or grant in either mode. If the customer has paid, it was under another subject_ref or directly in Stripe.",
    actions: [grantAction()],
  };
}
