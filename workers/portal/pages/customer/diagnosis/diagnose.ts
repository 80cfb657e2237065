import type { CustomerView } from "../../../../../shared/contract/operations/customer-views.ts";
import type { CustomerLists } from "../../../db/customer.ts";
import { diagnoseDenial } from "./diagnose-denial.ts";
import { grantAction, type LikelyCause, syncAction } from "./likely-cause.ts";

export type DiagnosisFacts = Pick<CustomerLists, "attempts" | "stripeEvents" | "deliveries" | "otherMode">;

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
        ...diagnoseDenial(customer, customer.decision.reason ?? "no_entitlement"),
        ...unsettledCheckouts(customer, facts),
      ];
  const delayedEvents = customer.decision.allowed ? unappliedEvents(facts) : [];
  const causes = [...denialCauses, ...failedDeliveries(customer, facts), ...delayedEvents];
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
        title: "A Stripe event could not be applied",
        text: `${failed.type} arrived and failed: ${failed.detail ?? "no reason was recorded"}. What it says has not reached this customer.`,
        actions: [{ label: "Look and try again", page: `/events/${failed.eventId}` }],
      },
    ];
  if (waiting !== undefined)
    return [
      {
        cause: "paid_without_access",
        title: "A Stripe event is waiting to be applied",
        text: `${waiting.type} arrived and is retried by itself${waiting.detail === null ? "" : `: ${waiting.detail}`}.`,
        actions: [{ label: "Look and try now", page: `/events/${waiting.eventId}` }],
      },
    ];
  return [];
}

/** Finds the newest checkout without an entitlement, unless a later entitlement exists. */
function unsettledCheckouts({ entitlements }: CustomerView, { attempts }: DiagnosisFacts): LikelyCause[] {
  const newest = attempts[0];
  if (newest === undefined || entitlements.some(({ createdAt }) => createdAt > newest.createdAt)) return [];
  switch (newest.status) {
    case "finalized":
      return entitlements.some(({ attemptId }) => attemptId === newest.attemptId)
        ? []
        : [
            {
              cause: "paid_without_access",
              title: "The checkout is paid, but gave no access yet",
              text: `No entitlement names the checkout of ${newest.productCode}. A subscription follows from Stripe events of its own, and they are missing here.`,
              actions: [syncAction],
            },
          ];
    case "processing":
      return [
        {
          cause: "paid_without_access",
          title: "The payment is still on its way",
          text: `The checkout of ${newest.productCode} is done, but its payment method takes up to some days. Access comes with the money.`,
          actions: [syncAction, grantAction(newest.productCode)],
        },
      ];
    case "created":
      return [
        {
          cause: "paid_without_access",
          title: "Stripe has not told us of a payment",
          text: `The checkout of ${newest.productCode} is still open here. If the customer has paid, Stripe's event is late or was lost: ask Stripe now.`,
          actions: [syncAction],
        },
      ];
    case "failed":
      return [
        {
          cause: "nothing_bought",
          title: "The last checkout was not paid",
          text: `The checkout of ${newest.productCode} ran out, or its payment failed. The customer has to buy again.`,
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
      title: hasDead ? "Your backend was never told" : "Your backend has not taken what it was told",
      text: `${
        affected.length === 1
          ? `The delivery of ${first.eventType} to ${host} failed`
          : `${affected.length} deliveries failed, the last of them ${first.eventType} to ${host}`
      }${hasDead ? " and will not be tried again" : " and is tried again by itself"}. What it shows the customer may be out of date.`,
      actions:
        affected.length === 1
          ? [
              { label: "Send it again now", form: `/deliveries/${first.deliveryId}/requeue` },
              { label: "See the answer", page: `/deliveries/${first.deliveryId}` },
            ]
          : [
              { label: "Send them again…", page: `/deliveries/requeue?${query}` },
              { label: "See the answers", page: `/deliveries?${query}` },
            ],
    },
  ];
}

const allWell: LikelyCause = {
  cause: "all_well",
  title: "Nothing is wrong",
  text: "Access is allowed, every Stripe event is applied, and your backend took everything it was told.",
  actions: [],
};

function nothingBought({ exists }: CustomerView, { otherMode }: DiagnosisFacts): LikelyCause {
  const cause = "nothing_bought";
  if (otherMode !== null)
    return {
      cause,
      title: `The customer is known in ${otherMode} mode, not here`,
      text: `A checkout, payment or grant was made in ${otherMode} mode. Your backend's key decides the mode: look whether it asks with the right one.`,
      actions: [{ label: `Look in ${otherMode} mode`, page: ".", mode: otherMode }],
    };
  return {
    cause,
    title: exists ? "Nothing gives access" : "Nothing is known of this customer",
    text: "There is no checkout, payment or grant in either mode. If the customer has paid, it was under another subject_ref, or at Stripe directly.",
    actions: [grantAction()],
  };
}
