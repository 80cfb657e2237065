import type { SubjectFact } from "../../shared/domain/decide-stripe.ts";
import { dayMs } from "../../shared/domain/entitlement.ts";

const origin = { attemptId: null, customerId: "cus_1", soldProductCode: "PRO", metadata: {} };

/** A year that was paid at `start`, with 1,000 units every month. */
export function yearly(start: number): SubjectFact[] {
  const end = start + 365 * dayMs;
  const price = { priceId: "price_pro", productCode: "PRO", quantity: 1 };
  return [
    {
      type: "terms",
      productCode: "PRO",
      versions: [
        {
          version: 1,
          from: 0,
          units: 1_000,
          every: "month",
          rolloverWindows: 0,
          rolloverMax: null,
          inTrial: null,
        },
      ],
    },
    {
      type: "subscription",
      subscriptionId: "sub_1",
      origin,
      observations: [
        {
          sourceId: "evt_1",
          at: start,
          said: "created",
          previous: null,
          status: "active",
          items: [{ itemId: "si_1", createdAt: start, currentPeriodEnd: end, ...price }],
          startedAt: start,
          cancelAtPeriodEnd: false,
          cancelAt: null,
          endedAt: null,
          isCollectionPaused: false,
        },
      ],
    },
    {
      type: "invoice",
      invoiceId: "in_1",
      subscriptionId: "sub_1",
      origin,
      invoice: {
        outcome: "paid",
        periodEnd: end,
        amountPaid: 20_000,
        currency: "usd",
        paidAt: start,
        lines: [{ itemId: "si_1", amount: 20_000, start, end, ...price }],
      },
    },
  ];
}
