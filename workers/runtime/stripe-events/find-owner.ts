import type Stripe from "stripe";
import { dataOf } from "../../../shared/db/databases.ts";
import type { LastErasure } from "../../../shared/db/erasures.ts";
import { callStripe } from "../../../shared/stripe/client.ts";
import { type LicenzyMetadata, parseLicenzyMetadata } from "../../../shared/stripe/licenzy-metadata.ts";
import { getReferenceId } from "../../../shared/stripe/object-fields.ts";
import { type ParsedInvoice, parseInvoice } from "../../../shared/stripe/parse-invoice.ts";
import type { PaymentReference } from "../../../shared/stripe/parse-reversal.ts";
import { parseFrozenRequest } from "../checkout/frozen-request.ts";
import { type CheckoutAttemptRow, readAttemptAndErasure } from "../db/checkout-attempts.ts";
import { findObjectOwner, type ObjectOwner } from "../db/stripe-objects.ts";
import type { ConnectionContext } from "./connection-context.ts";
import { readCurrentSubscription } from "./read-from-stripe.ts";

/** The owner of a Stripe object. */
export interface Owner {
  subjectRef: string;
  /** The checkout attempt that sold the object, with the frozen terms; `null` if no checkout sold it. */
  attempt: CheckoutAttemptRow | null;
  /** `asked_at` of the newest erasure known when the owner was resolved, or null. The object is newer. */
  erasureFence: number | null;
}

/** The owner of an object that a checkout sold. */
export interface CheckoutOwner extends Owner {
  attempt: CheckoutAttemptRow;
}

/**
 * The reason that an object belongs to no subject of this project and mode. Stored as the event's detail.
 */
export type ForeignReason =
  | "not created by Licenzy"
  | "belongs to another project"
  | "invoice without a subscription";

/** The outcomes of an owner look-up that finds no owner. */
export type NoOwner =
  | { outcome: "foreign"; reason: ForeignReason }
  /** The object has our metadata, but its checkout attempt is not in D1 yet. Retried for 72 hours. */
  | { outcome: "unknown_attempt"; attemptId: string }
  /** The customer was erased after this object was created. Nothing of the object is merged or stored. */
  | { outcome: "erased" };

export type OwnerLookup<T extends Owner = Owner> = { outcome: "owner"; owner: T } | NoOwner;

/**
 * A payment with its owner. `invoice` is set for a payment of a subscription that was looked up in Stripe.
 */
export interface OwnedPayment {
  owner: Owner;
  paymentIntentId: string;
  invoice: ParsedInvoice | null;
}

/**
 * A payment of a subject's Stripe customer that has no metadata of ours and paid no invoice. An invoice may
 * still be linked to it, so its refund or dispute is retried for 72 hours.
 */
export interface UnlinkedPayment {
  outcome: "unlinked_payment";
  paymentIntentId: string;
}

export type PaymentOwnerLookup = ({ outcome: "owner" } & OwnedPayment) | NoOwner | UnlinkedPayment;

export const foreign = (reason: ForeignReason): NoOwner => ({ outcome: "foreign", reason });

/** Describes the outcome in one phrase, for the detail of an event and for error messages. */
export function describeNoOwner(lookup: NoOwner | UnlinkedPayment): string {
  switch (lookup.outcome) {
    case "foreign":
      return lookup.reason;
    case "unknown_attempt":
      return `unknown checkout attempt ${lookup.attemptId}`;
    case "unlinked_payment":
      return `payment ${lookup.paymentIntentId} has no metadata of Licenzy and paid no invoice`;
    case "erased":
      return "the customer was erased";
  }
}

/** Resolves the owner from the checkout attempt that an object's metadata names. */
export async function resolveOwnerFromMetadata(
  { env, connection }: ConnectionContext,
  ours: LicenzyMetadata,
): Promise<OwnerLookup<CheckoutOwner>> {
  if (ours.projectId !== connection.projectId || ours.mode !== connection.mode)
    return foreign("belongs to another project");
  const customer = { ...connection, subjectRef: ours.subjectRef };
  const { attempt, erasure } = await readAttemptAndErasure(dataOf(env, connection), ours.attemptId, customer);
  if (predatesErasure(attempt, erasure)) return { outcome: "erased" };
  if (attempt === null || attempt.projectId !== ours.projectId || attempt.mode !== ours.mode)
    return { outcome: "unknown_attempt", attemptId: ours.attemptId };
  const { subjectRef } = attempt;
  return { outcome: "owner", owner: { subjectRef, attempt, erasureFence: erasure?.askedAt ?? null } };
}

/**
 * Returns whether a sale is older than the erasure: its attempt is deleted, or was created before the
 * erasure.
 */
function predatesErasure(attempt: CheckoutAttemptRow | null, erasure: LastErasure | null): boolean {
  return erasure !== null && (attempt === null || attempt.createdAt <= erasure.askedAt);
}

/**
 * Finds the owner of a subscription: from its metadata, else from the id table, else from its current
 * metadata in Stripe. The id table also wins over metadata that resolves to no owner, because an operator may
 * have adopted a subscription that another project sold.
 */
export async function findSubscriptionOwner(
  context: ConnectionContext,
  subscriptionId: string,
  ours: LicenzyMetadata | null,
): Promise<OwnerLookup> {
  const fromMetadata = ours === null ? null : await resolveOwnerFromMetadata(context, ours);
  switch (fromMetadata?.outcome) {
    case "owner":
    case "erased":
      return fromMetadata;
    case "foreign":
    case "unknown_attempt":
      return (await findKnownOwner(context, subscriptionId)) ?? fromMetadata;
    case undefined:
      break;
  }
  const known = await findKnownOwner(context, subscriptionId);
  if (known !== null) return known;
  const current = await readCurrentSubscription(await context.stripe(), subscriptionId);
  if (current.ours === null) return foreign("not created by Licenzy");
  return resolveOwnerFromMetadata(context, current.ours);
}

/**
 * Finds the payment of a refund or dispute, and its owner. Refunds and disputes don't carry our metadata. A
 * payment that is not in the id table is looked up in Stripe: first the payment intent, then the invoice that
 * it paid. A payment in the id table needs no look-up, because its invoice was recorded with it.
 */
export async function findPaymentOwner(
  context: ConnectionContext,
  payment: PaymentReference,
): Promise<PaymentOwnerLookup> {
  const paymentIntentId = payment.paymentIntentId ?? (await readPaymentIntentId(context, payment.chargeId));
  if (paymentIntentId === null) return foreign("not created by Licenzy");
  const known = await findKnownOwner(context, paymentIntentId);
  if (known !== null) return withPayment(known, paymentIntentId, null);
  const stripe = await context.stripe();
  const intent = await callStripe(stripe.paymentIntents.retrieve(paymentIntentId));
  const ours = parseLicenzyMetadata(intent.metadata);
  if (ours !== null) return withPayment(await resolveOwnerFromMetadata(context, ours), paymentIntentId, null);
  const invoice = await readInvoicePaidBy(context, paymentIntentId);
  if (invoice === null && (await isKnownCustomer(context, intent)))
    return { outcome: "unlinked_payment", paymentIntentId };
  if (invoice === null || invoice.subscriptionId === null) return foreign("not created by Licenzy");
  const { subscriptionId } = invoice;
  const lookup = await findSubscriptionOwner(context, subscriptionId, invoice.ours);
  return withPayment(lookup, paymentIntentId, invoice);
}

function withPayment(
  lookup: OwnerLookup,
  paymentIntentId: string,
  invoice: ParsedInvoice | null,
): PaymentOwnerLookup {
  return lookup.outcome === "owner" ? { ...lookup, paymentIntentId, invoice } : lookup;
}

/** Returns whether the payment is of a Stripe customer who belongs to a subject. */
async function isKnownCustomer(
  { env, connection }: ConnectionContext,
  { customer }: Stripe.PaymentIntent,
): Promise<boolean> {
  const customerId = getReferenceId(customer);
  if (customerId === null) return false;
  return (await findObjectOwner(dataOf(env, connection), connection.connectionId, [customerId])) !== null;
}

/** Returns the payment intent of a charge, or `null` if it has none: Checkout did not create that charge. */
async function readPaymentIntentId(
  context: ConnectionContext,
  chargeId: string | null,
): Promise<string | null> {
  if (chargeId === null) return null;
  const stripe = await context.stripe();
  const charge = await callStripe(stripe.charges.retrieve(chargeId));
  return getReferenceId(charge.payment_intent);
}

/** Returns the invoice that the payment paid, or `null` if it paid none. */
export async function readInvoicePaidBy(
  context: ConnectionContext,
  paymentIntentId: string,
): Promise<ParsedInvoice | null> {
  const stripe = await context.stripe();
  const payment = { type: "payment_intent" as const, payment_intent: paymentIntentId };
  const { data } = await callStripe(stripe.invoicePayments.list({ payment, limit: 1 }));
  const invoiceId = getReferenceId(data[0]?.invoice);
  if (invoiceId === null) return null;
  const invoice = await callStripe(stripe.invoices.retrieve(invoiceId));
  return parseInvoice(invoice, invoice.status === "paid" ? "paid" : "failed", null);
}

/** Finds the owner in the id table. Returns `null` if the table does not have the id. */
async function findKnownOwner(
  { env, connection }: ConnectionContext,
  stripeId: string,
): Promise<OwnerLookup | null> {
  const found: ObjectOwner | null = await findObjectOwner(dataOf(env, connection), connection.connectionId, [
    stripeId,
  ]);
  if (found === null) return null;
  const { subjectRef, attemptId } = found;
  const { attempt, erasure } = await readAttemptAndErasure(dataOf(env, connection), attemptId ?? "", {
    ...connection,
    subjectRef,
  });
  // An object that no checkout sold stays in the table until the erasure has run. After that it can be
  // adopted again.
  const isErased = attemptId === null ? erasure?.state === "running" : predatesErasure(attempt, erasure);
  if (isErased) return { outcome: "erased" };
  return { outcome: "owner", owner: { subjectRef, attempt, erasureFence: erasure?.askedAt ?? null } };
}

/** Builds the origin of a subscription from the checkout that sold it. */
export function buildCheckoutOrigin({ attempt }: Owner, customerId: string | null) {
  const frozen = attempt === null ? null : parseFrozenRequest(attempt);
  return {
    attemptId: attempt?.attemptId ?? null,
    customerId,
    soldProductCode: attempt?.productCode ?? null,
    metadata: frozen === null ? null : (frozen.request.metadata ?? {}),
  };
}
