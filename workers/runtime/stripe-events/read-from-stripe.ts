import Stripe from "stripe";
import type { InvoiceLine } from "../../../shared/domain/stripe-record.ts";
import { newId } from "../../../shared/kit/ids.ts";
import { callStripe, getResponseTime } from "../../../shared/stripe/client.ts";
import { fromSeconds } from "../../../shared/stripe/object-fields.ts";
import { type ParsedInvoice, parseCoveringLines } from "../../../shared/stripe/parse-invoice.ts";
import { type ParsedReversal, parseDispute, parseRefund } from "../../../shared/stripe/parse-reversal.ts";
import { type ParsedSubscription, parseSubscription } from "../../../shared/stripe/parse-subscription.ts";
import type { ConnectionContext } from "./connection-context.ts";

/** Reads the subscription's current state. Its version is the `Date` header of Stripe's response. */
export async function readCurrentSubscription(
  stripe: Stripe,
  subscriptionId: string,
): Promise<ParsedSubscription> {
  // Create the id before the request: of two reads in one second, the later request then has the later id.
  const sourceId = newId("read");
  const subscription = await callStripe(stripe.subscriptions.retrieve(subscriptionId));
  const at = getResponseTime(subscription);
  const { items } = subscription;
  if (items.has_more) {
    const list = (page: Stripe.PaginationParams) =>
      stripe.subscriptionItems.list({ ...page, subscription: subscriptionId });
    const all = { ...items, data: await everyPage(list, same), has_more: false };
    return parseSubscription({ ...subscription, items: all }, { sourceId, said: "read", at }, null);
  }
  return parseSubscription(subscription, { sourceId, said: "read", at }, null);
}

/**
 * Returns all lines of the invoice that cover something. Stripe puts at most 10 lines into an event, with
 * prorations first, so the line of the new period may be missing in it.
 */
export async function readAllLines(
  context: Pick<ConnectionContext, "stripe">,
  { invoiceId, lines, hasMoreLines }: ParsedInvoice,
): Promise<InvoiceLine[]> {
  if (!hasMoreLines) return lines;
  const stripe = await context.stripe();
  return parseCoveringLines(await everyPage((page) => stripe.invoices.listLineItems(invoiceId, page), same));
}

/** The time of a payment, in milliseconds, and how exactly it is known. */
export interface PaidAt {
  at: number;
  from: "read" | "estimate";
}

/**
 * Returns when the payment succeeded: the time of its balance transaction. Without the permission to read it,
 * the time of the charge is an estimate: a bank debit begins days before it succeeds. `null` if no charge of
 * the payment succeeded.
 */
export async function readPaidAt(stripe: Stripe, paymentIntentId: string): Promise<PaidAt | null> {
  const { latest_charge: charge } = await callStripe(readIntentWithCharge(stripe, paymentIntentId));
  if (charge === null || typeof charge === "string" || !charge.paid) return null;
  const transaction = charge.balance_transaction;
  return transaction !== null && typeof transaction !== "string"
    ? { at: fromSeconds(transaction.created, "the time of the payment"), from: "read" }
    : { at: fromSeconds(charge.created, "the time of the charge"), from: "estimate" };
}

/** Selects the payment or charge to list reversals of. */
export type ReversalFilter = { payment_intent: string } | { charge: string };

export async function listRefunds(stripe: Stripe, filter: ReversalFilter): Promise<ParsedReversal[]> {
  return everyPage((page) => stripe.refunds.list({ ...filter, ...page }), parseRefund);
}

export async function listDisputes(stripe: Stripe, filter: ReversalFilter): Promise<ParsedReversal[]> {
  return everyPage((page) => stripe.disputes.list({ ...filter, ...page }), parseDispute);
}

/**
 * Reads all pages of a Stripe list. Each object is parsed with the time of its page's response as its
 * version.
 */
export async function everyPage<S extends { id: string }, T>(
  list: (page: Stripe.PaginationParams) => Stripe.ApiListPromise<S>,
  read: (object: S, version: number) => T,
): Promise<T[]> {
  return (await everyPageSince(list, read)).all;
}

/** Reads all pages. `listedAt` is the time of the first page's response: newer objects may be missing. */
export async function everyPageSince<S extends { id: string }, T>(
  list: (page: Stripe.PaginationParams) => Stripe.ApiListPromise<S>,
  read: (object: S, version: number) => T,
): Promise<{ all: T[]; listedAt: number }> {
  const all: T[] = [];
  let listedAt: number | undefined;
  let startingAfter: string | undefined;
  for (;;) {
    const page = await callStripe(
      list({ limit: 100, ...(startingAfter === undefined ? {} : { starting_after: startingAfter }) }),
    );
    const version = getResponseTime(page);
    listedAt ??= version;
    all.push(...page.data.map((object) => read(object, version)));
    startingAfter = page.data.at(-1)?.id;
    if (!page.has_more || startingAfter === undefined) return { all, listedAt };
  }
}

/**
 * Reads a payment intent with its charge and balance transaction. A restricted key may lack the permission
 * for balance transactions; the time of the charge is used then.
 */
async function readIntentWithCharge(stripe: Stripe, id: string): Promise<Stripe.PaymentIntent> {
  try {
    return await stripe.paymentIntents.retrieve(id, { expand: ["latest_charge.balance_transaction"] });
  } catch (error) {
    if (!(error instanceof Stripe.errors.StripePermissionError)) throw error;
    return stripe.paymentIntents.retrieve(id, { expand: ["latest_charge"] });
  }
}

/** Keeps the objects of a list as Stripe returns them. */
export const same = <T>(object: T): T => object;
