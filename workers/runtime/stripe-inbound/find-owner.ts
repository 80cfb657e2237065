import { type CheckoutAttemptRow, readSale } from "../../../shared/db/checkout-attempts.ts";
import { d1 } from "../../../shared/db/deadline.ts";
import type { LastErasure } from "../../../shared/db/erasures.ts";
import { findOwner, type ObjectOwner } from "../../../shared/db/stripe-objects.ts";
import type { PaidInvoice } from "../../../shared/domain/stripe-record.ts";
import { askStripe } from "../../../shared/stripe/gateway.ts";
import { idOf } from "../../../shared/stripe/object-fields.ts";
import { type OurMetadata, readOurMetadata } from "../../../shared/stripe/our-metadata.ts";
import { type InvoiceTold, readInvoice } from "../../../shared/stripe/read-invoice.ts";
import type { PaymentReference } from "../../../shared/stripe/read-reversal.ts";
import { readFrozen } from "../checkout/frozen-request.ts";
import type { Inbound } from "./inbound.ts";
import { readSubscriptionNow } from "./read-from-stripe.ts";

/** The object is nothing of this project and mode. Why is what the operator reads in the inbox. */
export class NotOurs extends Error {
  constructor(why: "not one of our objects" | "another project's" | "an invoice without a subscription") {
    super(why);
    this.name = "NotOurs";
  }
}

/** It says that it is ours, but what it speaks of is not here yet. Tried again for 72 hours. */
export class Unroutable extends Error {
  constructor(why: string) {
    super(`unroutable: ${why}`);
    this.name = "Unroutable";
  }
}

/** It is of a customer who was erased, and of before. Nothing is done, and what it tells is not kept. */
export class Erased extends Error {
  constructor() {
    super("the customer was erased");
    this.name = "Erased";
  }
}

/** The owner with the checkout attempt, when there was one: it froze what was sold. */
export interface Owner {
  subjectRef: string;
  attempt: CheckoutAttemptRow | null;
  /** When the latest erasure of the subject was asked that is known, if any: all of this is of after it. */
  knownErasureAt: number | null;
}

/** Who owns an object with our metadata. Throws `NotOurs` for another project's, `Unroutable` for an unknown attempt, `Erased`. */
export async function ownerByMetadata(inbound: Inbound, ours: OurMetadata): Promise<Owner> {
  const sold = await soldTo(inbound, ours);
  if (sold instanceof Error) throw sold;
  return sold;
}

/** Whom the checkout attempt in the metadata sold to, or why it tells nobody. */
export async function soldTo(
  { env, connection }: Inbound,
  ours: OurMetadata,
): Promise<Owner | NotOurs | Unroutable | Erased> {
  if (ours.projectId !== connection.projectId || ours.mode !== connection.mode)
    return new NotOurs("another project's");
  const key = { ...connection, subjectRef: ours.subjectRef };
  const { attempt, erasure } = await d1(readSale(env.DB, ours.attemptId, key));
  if (isOfBefore(attempt, erasure)) return new Erased();
  if (attempt === null || attempt.projectId !== ours.projectId || attempt.mode !== ours.mode)
    return new Unroutable(`there is no checkout attempt ${ours.attemptId}`);
  return { subjectRef: attempt.subjectRef, attempt, knownErasureAt: erasure?.askedAt ?? null };
}

/** An attempt that is gone, or was there when the erasure was asked, is of before. */
function isOfBefore(attempt: CheckoutAttemptRow | null, erasure: LastErasure | null): boolean {
  return erasure !== null && (attempt === null || attempt.createdAt <= erasure.askedAt);
}

/**
 * Who owns a subscription: as its metadata says, as we know it, or as Stripe says when we ask. Metadata that tells
 * nobody is no obstacle: an operator may have adopted what another project sold.
 */
export async function ownerOfSubscription(
  inbound: Inbound,
  subscriptionId: string,
  ours: OurMetadata | null,
): Promise<Owner> {
  const sold = ours === null ? null : await soldTo(inbound, ours);
  if (sold instanceof Erased) throw sold;
  if (sold !== null && !(sold instanceof Error)) return sold;
  const known = await knownOwner(inbound, [subscriptionId]);
  if (known !== null) return known;
  if (sold !== null) throw sold;
  const { ours: asked } = await readSubscriptionNow(await inbound.stripe(), subscriptionId);
  if (asked === null) throw new NotOurs("not one of our objects");
  return ownerByMetadata(inbound, asked);
}

/** A payment with its owner; `invoice` when it is one of a subscription. */
export interface OwnedPayment {
  owner: Owner;
  paymentIntentId: string;
  invoice: PaidInvoice | null;
}

/**
 * Whose payment a refund or dispute is of. Those objects don't carry our metadata: what the id table lacks is looked up
 * in Stripe, first at the payment, then at the invoice that it paid. A payment that the table has needs no look-up:
 * its invoice, if any, is in the subject's record since it was first met.
 */
export async function ownerOfPayment(inbound: Inbound, payment: PaymentReference): Promise<OwnedPayment> {
  const paymentIntentId = payment.paymentIntentId ?? (await paymentIntentOf(inbound, payment.chargeId));
  const known = await knownOwner(inbound, [paymentIntentId]);
  if (known !== null) return { owner: known, paymentIntentId, invoice: null };
  const stripe = await inbound.stripe();
  const intent = await askStripe(stripe.paymentIntents.retrieve(paymentIntentId));
  const ours = readOurMetadata(intent.metadata);
  if (ours !== null) return { owner: await ownerByMetadata(inbound, ours), paymentIntentId, invoice: null };
  const invoice = await invoicePaidBy(inbound, paymentIntentId);
  if (invoice === null || invoice.subscriptionId === null) throw new NotOurs("not one of our objects");
  const { subscriptionId } = invoice;
  const owner = await ownerOfSubscription(inbound, subscriptionId, invoice.ours);
  return { owner, paymentIntentId, invoice: paidInvoice(invoice, subscriptionId) };
}

export function paidInvoice(
  { invoiceId, amountPaid, periodEnd }: InvoiceTold,
  subscriptionId: string,
): PaidInvoice {
  return { invoiceId, subscriptionId, periodEnd, amountPaid };
}

async function paymentIntentOf(inbound: Inbound, chargeId: string | null): Promise<string> {
  if (chargeId === null) throw new NotOurs("not one of our objects");
  const charge = await askStripe((await inbound.stripe()).charges.retrieve(chargeId));
  const paymentIntentId = idOf(charge.payment_intent);
  // A charge without payment intent was not made by Checkout.
  if (paymentIntentId === null) throw new NotOurs("not one of our objects");
  return paymentIntentId;
}

/** The invoice that the payment paid, or `null` when it paid none. */
export async function invoicePaidBy(inbound: Inbound, paymentIntentId: string): Promise<InvoiceTold | null> {
  const stripe = await inbound.stripe();
  const payment = { type: "payment_intent" as const, payment_intent: paymentIntentId };
  const { data } = await askStripe(stripe.invoicePayments.list({ payment, limit: 1 }));
  const invoiceId = idOf(data[0]?.invoice);
  if (invoiceId === null) return null;
  return readInvoice(await askStripe(stripe.invoices.retrieve(invoiceId)), "paid");
}

async function knownOwner({ env, connection }: Inbound, stripeIds: string[]): Promise<Owner | null> {
  const found: ObjectOwner | null = await d1(findOwner(env.DB, connection.connectionId, stripeIds));
  if (found === null) return null;
  const { subjectRef, attemptId } = found;
  const { attempt, erasure } = await d1(readSale(env.DB, attemptId ?? "", { ...connection, subjectRef }));
  // An object that nobody sold is remembered until the erasure is done; then it is forgotten, and may be adopted anew.
  const isErased = attemptId === null ? erasure?.state === "running" : isOfBefore(attempt, erasure);
  if (isErased) throw new Erased();
  return { subjectRef, attempt, knownErasureAt: erasure?.askedAt ?? null };
}

/** What the checkout says of the subscription that it sold. */
export function originOf({ attempt }: Owner, customerId: string | null) {
  const frozen = attempt === null ? null : readFrozen(attempt);
  return {
    attemptId: attempt?.attemptId ?? null,
    customerId,
    soldProductCode: attempt?.productCode ?? null,
    metadata: frozen === null ? null : (frozen.request.metadata ?? {}),
  };
}
