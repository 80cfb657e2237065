import type { CustomerView } from "../../../../shared/contract/support.ts";
import type { CustomerLists } from "../../../../shared/db/customer-page.ts";
import { deniedBecause } from "./diagnose-denial.ts";
import { type Finding, grant, sync } from "./finding.ts";

export type Facts = Pick<CustomerLists, "attempts" | "stripeEvents" | "deliveries">;

/**
 * The support playbooks over what the page knows, the likeliest cause first. Never empty. Pure: it reads nothing, and only
 * proposes what an operator then previews.
 */
export function diagnose(customer: CustomerView, facts: Facts): Finding[] {
  const why = customer.decision.allowed
    ? []
    : [
        ...unappliedEvents(facts),
        ...deniedBecause(customer, customer.decision.reason ?? "no_entitlement"),
        ...unsettledCheckouts(customer, facts),
      ];
  const behind = customer.decision.allowed ? unappliedEvents(facts) : [];
  const found = [...why, ...failedDeliveries(facts), ...behind];
  return found.length === 0 ? [allWell(customer)] : found;
}

/** Stripe said something that has not reached the ledger. */
function unappliedEvents({ stripeEvents }: Facts): Finding[] {
  const failed = stripeEvents.find(({ status }) => status === "failed");
  const waiting = stripeEvents.find(({ status }) => status === "received");
  if (failed !== undefined)
    return [
      {
        cause: "paid_without_access",
        title: "An event of Stripe could not be applied",
        text: `${failed.type} came, and failed: ${failed.detail ?? "no reason was recorded"}. What it says has not reached this customer.`,
        action: { label: "Look and try again", page: `/events/${failed.eventId}` },
      },
    ];
  if (waiting !== undefined)
    return [
      {
        cause: "paid_without_access",
        title: "An event of Stripe is waiting",
        text: `${waiting.type} came and is tried again by itself${waiting.detail === null ? "" : `: ${waiting.detail}`}.`,
        action: { label: "Look and try now", page: `/events/${waiting.eventId}` },
      },
    ];
  return [];
}

/** The newest checkout that gave nothing, unless something later did. */
function unsettledCheckouts({ entitlements }: CustomerView, { attempts }: Facts): Finding[] {
  const newest = attempts[0];
  if (newest === undefined || entitlements.some(({ createdAt }) => createdAt > newest.createdAt)) return [];
  switch (newest.status) {
    case "finalized":
      return entitlements.some(({ attemptId }) => attemptId === newest.attemptId)
        ? []
        : [
            {
              cause: "paid_without_access",
              title: "A checkout was paid, and nothing came of it yet",
              text: `The checkout of ${newest.productCode} is paid, but no entitlement names it. A subscription follows from events of its own, which may be missing.`,
              action: sync,
            },
          ];
    case "processing":
      return [
        {
          cause: "paid_without_access",
          title: "The payment is on its way",
          text: `The checkout of ${newest.productCode} is done, and its payment method takes time, up to some days. Access comes with the money.`,
          action: sync,
        },
      ];
    case "created":
      return [
        {
          cause: "paid_without_access",
          title: "No payment has arrived here for the open checkout",
          text: `The checkout of ${newest.productCode} is open, and Stripe has told us of no payment. If the customer has paid, Stripe is late: ask it now.`,
          action: sync,
        },
      ];
    case "failed":
      return [
        {
          cause: "nothing_bought",
          title: "The last checkout was not paid",
          text: `The checkout of ${newest.productCode} ran out or its payment failed. The customer has to buy again.`,
          action: grant,
        },
      ];
  }
}

function failedDeliveries({ deliveries }: Facts): Finding[] {
  const dead = deliveries.filter(({ state }) => state === "dead");
  const failed = deliveries.filter(({ state }) => state === "failed");
  const first = dead[0] ?? failed[0];
  if (first === undefined) return [];
  const isGivenUp = dead.length > 0;
  const told = isGivenUp ? dead.length : failed.length;
  return [
    {
      cause: "delivery_failed",
      title: isGivenUp ? "Your backend was not told" : "Your backend has not taken what it was told",
      text: `${told === 1 ? `One delivery (${first.eventType})` : `${told} deliveries`} to it ${
        isGivenUp ? "failed and will not be tried again" : "failed and will be tried again"
      }. What it shows the customer may be out of date.`,
      action: {
        label: isGivenUp ? "Look and requeue" : "Look",
        page: `/webhooks/deliveries/${first.deliveryId}`,
      },
    },
  ];
}

function allWell({ decision, exists }: CustomerView): Finding {
  if (decision.allowed)
    return {
      cause: "all_well",
      title: "Nothing is wrong",
      text: "Access is allowed, Stripe's events are applied, and your backend took what it was told.",
      action: null,
    };
  return {
    cause: "nothing_bought",
    title: exists ? "There is nothing that gives access" : "Nothing is known of this customer",
    text: "No checkout, no event and no grant is known in this project and mode. If the customer has paid, the checkout was made in the other mode, with another subject_ref, or at Stripe directly.",
    action: grant,
  };
}
