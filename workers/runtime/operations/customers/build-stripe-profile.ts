import type Stripe from "stripe";
import {
  maxPayments,
  type StripePayment,
  type StripePlan,
  type StripeProfile,
} from "../../../../shared/contract/operations/stripe-profile.ts";
import { parseLicenzyMetadata } from "../../../../shared/stripe/licenzy-metadata.ts";
import { fromOptionalSeconds, fromSeconds, getReferenceId } from "../../../../shared/stripe/object-fields.ts";
import { formatInterval } from "../prices.ts";

/** What Stripe returned of one customer. Lists are newest first. */
export interface StripeAnswers {
  customer: Stripe.Customer | Stripe.DeletedCustomer;
  charges: Stripe.Charge[];
  hasOlderCharges: boolean;
  invoices: Stripe.Invoice[];
  subscriptions: Stripe.Subscription[];
  disputes: Stripe.Dispute[];
}

/** Builds the profile that the portal shows from what Stripe returned. */
export function buildStripeProfile(
  answers: StripeAnswers,
  now: number,
): Omit<StripeProfile, "olderCustomers"> {
  const { customer, charges, subscriptions } = answers;
  return {
    stripeCustomerId: customer.id,
    name: customer.deleted ? null : (customer.name ?? null),
    email: customer.deleted ? null : customer.email,
    paid: sumPaid(charges),
    paidIsPartial: answers.hasOlderCharges,
    plans: subscriptions.map(toPlan),
    payments: charges.slice(0, maxPayments).map((charge) => toPayment(charge, answers)),
    hasMorePayments: answers.hasOlderCharges || charges.length > maxPayments,
    readAt: now,
  };
}

function sumPaid(charges: Stripe.Charge[]): StripeProfile["paid"] {
  const sums = new Map<string, number>();
  for (const { status, currency, amount_captured: captured, amount_refunded: refunded } of charges)
    if (status === "succeeded") sums.set(currency, (sums.get(currency) ?? 0) + captured - refunded);
  return [...sums].map(([currency, amount]) => ({ currency, amount }));
}

function toPayment(charge: Stripe.Charge, { charges, invoices, disputes }: StripeAnswers): StripePayment {
  const paymentIntentId = getReferenceId(charge.payment_intent);
  const invoice = invoices.find((each) => paymentIntentId !== null && isPaidBy(each, paymentIntentId));
  // Every try to collect an invoice is a charge of its payment intent. Stripe tries again after the last one.
  const last = charges.find((each) => getReferenceId(each.payment_intent) === paymentIntentId);
  const retryAt =
    last === charge && charge.status === "failed" ? (invoice?.next_payment_attempt ?? null) : null;
  const dispute = disputes.find((each) => getReferenceId(each.charge) === charge.id);
  return {
    chargeId: charge.id,
    paymentIntentId,
    createdAt: fromSeconds(charge.created, "charge.created"),
    amount: charge.amount,
    amountRefunded: charge.amount_refunded,
    currency: charge.currency,
    status: charge.status as StripePayment["status"],
    failure: charge.failure_message,
    method: toMethod(charge.payment_method_details),
    attemptId: parseLicenzyMetadata(charge.metadata)?.attemptId ?? null,
    subscriptionId: getReferenceId(invoice?.parent?.subscription_details?.subscription),
    description: charge.description,
    dispute: dispute?.status ?? (charge.disputed ? "disputed" : null),
    nextRetryAt: fromOptionalSeconds(retryAt, "invoice.next_payment_attempt"),
  };
}

const isPaidBy = ({ payments }: Stripe.Invoice, paymentIntentId: string): boolean =>
  payments?.data.some(({ payment }) => getReferenceId(payment.payment_intent) === paymentIntentId) ?? false;

function toMethod(details: Stripe.Charge.PaymentMethodDetails | null): StripePayment["method"] {
  if (details === null) return null;
  // Each type has its details under its own name. Most have the last digits of the account.
  const own = details[details.type as "card" | "sepa_debit"] as
    | { brand?: string | null; last4?: string | null }
    | undefined;
  return { type: details.type, brand: own?.brand ?? null, last4: own?.last4 ?? null };
}

/** The sum of the subscription's items, if all are due at the same interval. */
function toPlan({ id, currency, items }: Stripe.Subscription): StripePlan {
  const intervals = new Set(items.data.map(({ price }) => formatInterval(price.recurring) ?? ""));
  const amounts = items.data.map(({ price, quantity }) =>
    price.unit_amount === null ? null : price.unit_amount * (quantity ?? 1),
  );
  const isWhole = intervals.size === 1 && !items.has_more;
  const amount = isWhole
    ? amounts.reduce((sum, each) => (sum === null || each === null ? null : sum + each), 0)
    : null;
  return { subscriptionId: id, amount, currency, interval: [...intervals][0] ?? "" };
}
