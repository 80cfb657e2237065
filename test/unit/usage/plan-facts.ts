import type { SubjectFact } from "../../../shared/domain/decide-stripe.ts";
import { dayMs, type Moment } from "../../../shared/domain/entitlement.ts";
import type { DisputeStatus } from "../../../shared/domain/stripe-record.ts";

/** Facts of a subscription with periods of 10 days that include 100 units each. */

const planPeriodMs = 10 * dayMs;
const origin = { attemptId: null, customerId: "cus_1", soldProductCode: "PLAN", metadata: {} };
const subscription = { subscriptionId: "sub_1", origin };
const price = { priceId: "price_plan", productCode: "PLAN", quantity: 1 };
const terms = { every: "period" as const, rolloverWindows: 0, rolloverMax: null, inTrial: null };

/** The period `number`, from 0, of a subscription that began at `start`, and what Stripe says of it at `now`. */
export function reportPlan(
  { start, number, now }: { start: Moment; number: number; now: Moment },
  change: { cancelAtPeriodEnd?: boolean; isOver?: boolean } = {},
): SubjectFact[] {
  const { cancelAtPeriodEnd = false, isOver = false } = change;
  const end = start + (number + 1) * planPeriodMs;
  return [
    { type: "terms", productCode: "PLAN", versions: [{ version: 1, from: 0, units: 100, ...terms }] },
    {
      type: "subscription",
      ...subscription,
      observations: [
        {
          sourceId: `evt_${now}_${number}_${cancelAtPeriodEnd}_${isOver}`,
          at: now,
          said: "read",
          previous: null,
          status: isOver ? "canceled" : "active",
          items: [{ itemId: "si_1", createdAt: start, currentPeriodEnd: end, ...price }],
          startedAt: start,
          cancelAtPeriodEnd,
          cancelAt: null,
          endedAt: isOver ? now : null,
          isCollectionPaused: false,
        },
      ],
    },
  ];
}

const invoiceOf = (start: Moment, number: number) => {
  const from = start + number * planPeriodMs;
  const end = from + planPeriodMs;
  const lines = [{ itemId: "si_1", amount: 2_000, start: from, end, ...price }];
  return { periodEnd: end, amountPaid: 2_000, currency: "eur", paidAt: from, lines };
};

export const payPlan = (start: Moment, number: number): SubjectFact => ({
  type: "invoice",
  invoiceId: `in_${number}`,
  ...subscription,
  invoice: { outcome: "paid", ...invoiceOf(start, number) },
});

/** A dispute of the payment of one period. */
export function disputePlan(start: Moment, number: number, now: Moment, status: DisputeStatus): SubjectFact {
  const invoice = { invoiceId: `in_${number}`, subscriptionId: "sub_1", ...invoiceOf(start, number) };
  const dispute = {
    id: `dp_${number}`,
    amount: 2_000,
    currency: "eur",
    status,
    createdAt: now,
    version: now,
  };
  return { type: "dispute", paymentIntentId: `pi_in_${number}`, invoice, dispute };
}
