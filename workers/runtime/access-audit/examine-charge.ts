import type { SubjectFact } from "../../../shared/domain/decide-stripe.ts";
import { callStripe } from "../../../shared/stripe/client.ts";
import { findPaymentOwner, type NoOwner } from "../stripe-events/find-owner.ts";
import { readReversalFacts } from "../stripe-events/sync-subject.ts";
import type { ChargeItem } from "./audit-page.ts";
import { describeUnknownPrice } from "./describe.ts";
import { examineForeign } from "./examine-foreign.ts";
import { examineSubject } from "./examine-subject.ts";
import { readPriceIds } from "./list-charges.ts";
import { unknownTerms } from "./quick-look.ts";
import { findOneTimeProduct } from "./sold-product.ts";
import { erased, type Verdict } from "./verdict.ts";
import { compareSubjectAccess, type Walk } from "./walk.ts";

/** Examines a reversed charge by its customer, and a direct payment as the purchase that it may be. */
export async function examineCharge(walk: Walk, item: ChargeItem): Promise<Verdict | null> {
  const { id, paymentIntentId, customerId, isDirect, isReversed } = item;
  const lookup = await findPaymentOwner(walk.context, { paymentIntentId, chargeId: id });
  switch (lookup.outcome) {
    case "owner": {
      const { subjectRef } = lookup.owner;
      const readFacts = async () => [
        ...(isDirect ? [buildPurchase(item)] : []),
        ...(isReversed ? await readReversalFacts(walk.context, lookup) : []),
      ];
      const { gains, loses } = await compareSubjectAccess(walk, subjectRef, await readFacts());
      // Otherwise the customer's subscriptions and sessions have said what there is to say.
      if (gains.length + loses.length === 0) return null;
      return examineSubject(walk, subjectRef, { stripeId: paymentIntentId, customerId, readFacts });
    }
    case "erased":
      return isDirect ? erased(paymentIntentId, customerId) : null;
    case "unknown_attempt":
      return null;
    case "foreign":
      return isDirect ? examineDirectPayment(walk, item, lookup) : null;
    case "unlinked_payment":
      return isDirect
        ? examineDirectPayment(walk, item, { outcome: "foreign", reason: "not created by Licenzy" })
        : null;
  }
}

/** As an adopted payment is recorded. These terms count only if the ledger does not have the payment. */
function buildPurchase({ paymentIntentId, customerId, amount, currency, at }: ChargeItem): SubjectFact {
  return {
    type: "purchase",
    terms: unknownTerms,
    paidAt: at,
    paidAtFrom: "estimate",
    purchase: {
      attemptId: null,
      checkoutSessionId: null,
      paymentIntentId,
      subscriptionId: null,
      customerId,
      amountTotal: amount,
      currency,
      metadata: {},
    },
  };
}

/**
 * Examines a payment that other software made. It names what it bought by the id of a price in its metadata, under any key:
 * the only name that Stripe and Licenzy share, and the only one that Stripe keeps with a payment.
 */
async function examineDirectPayment(walk: Walk, item: ChargeItem, lookup: NoOwner): Promise<Verdict | null> {
  const { paymentIntentId, customerId, at } = item;
  const stripe = await walk.context.stripe();
  const intent = await callStripe(stripe.paymentIntents.retrieve(paymentIntentId));
  if (intent.status !== "succeeded" || (await isSoldByStripe(walk, paymentIntentId))) return null;
  const about = { stripeId: paymentIntentId, customerId };
  const priceIds = readPriceIds([intent.metadata]);
  const sold = await findOneTimeProduct(walk, priceIds.length === 0 ? item.priceIds : priceIds, at);
  switch (sold.outcome) {
    case "over":
      return null;
    case "product": {
      const target = { paymentIntentId, productCode: sold.productCode };
      return examineForeign(walk, item, lookup, { ...about, unknown: null, target });
    }
    case "unknown_price": {
      const unknown = describeUnknownPrice(sold.priceId);
      return examineForeign(walk, item, lookup, { ...about, unknown, target: null });
    }
    case "no_price":
    case "several": {
      const diagnosis =
        sold.outcome === "no_price"
          ? "The payment names no price, so its product is unknown."
          : `The payment names prices of several products: ${sold.productCodes.join(", ")}.`;
      const unknown = { diagnosis, action: "name_price", target: null } as const;
      return examineForeign(walk, item, lookup, { ...about, unknown, target: null });
    }
  }
}

/** Returns whether a Checkout session or an invoice took the payment: those are compared by themselves. */
async function isSoldByStripe({ context }: Walk, paymentIntentId: string): Promise<boolean> {
  const stripe = await context.stripe();
  const sessions = await callStripe(
    stripe.checkout.sessions.list({ payment_intent: paymentIntentId, limit: 1 }),
  );
  if (sessions.data.length > 0) return true;
  const payment = { type: "payment_intent" as const, payment_intent: paymentIntentId };
  const invoices = await callStripe(stripe.invoicePayments.list({ payment, limit: 1 }));
  return invoices.data.length > 0;
}
