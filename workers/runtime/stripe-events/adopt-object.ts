import { dataOf } from "../../../shared/db/databases.ts";
import { readProduct } from "../../../shared/db/products.ts";
import type { SubjectFact } from "../../../shared/domain/decide-stripe.ts";
import { callStripe } from "../../../shared/stripe/client.ts";
import { type LicenzyMetadata, parseLicenzyMetadata } from "../../../shared/stripe/licenzy-metadata.ts";
import { fromSeconds, getReferenceId } from "../../../shared/stripe/object-fields.ts";
import { findObjectOwner, recordObjectOwner } from "../db/stripe-objects.ts";
import type { ConnectionContext } from "./connection-context.ts";
import { type NoOwner, readInvoicePaidBy, resolveOwnerFromMetadata } from "./find-owner.ts";
import { listStripeIds } from "./list-stripe-ids.ts";
import { readCurrentSubscription, readPaidAt } from "./read-from-stripe.ts";
import { listReversedCharges } from "./read-subject-objects.ts";
import {
  applySync,
  readErasureFence,
  readReversalFacts,
  readSubscriptionFacts,
  type StripeDifferencesResult,
  toOwned,
} from "./sync-subject.ts";

/** An object can't be adopted. The message explains why to the operator. */
export class AdoptionError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "AdoptionError";
  }
}

export type AdoptionTarget = { subscriptionId: string } | { paymentIntentId: string; productCode: string };

/**
 * Reads a subscription or payment that no checkout of ours sold, with its refunds and disputes, to make it
 * the subject's. The result is previewed and applied like the differences of a sync.
 */
export async function readAdoption(
  context: ConnectionContext,
  subjectRef: string,
  adopted: AdoptionTarget,
): Promise<StripeDifferencesResult> {
  const fence = await readErasureFence(context, subjectRef);
  if (fence.outcome === "erased") return fence;
  const { erasureFence } = fence;
  const stripeId = getStripeId(adopted);
  const { env, connection } = context;
  const owner = await findObjectOwner(dataOf(env, connection), connection.connectionId, [stripeId]);
  if (owner !== null && owner.subjectRef !== subjectRef)
    throw new AdoptionError(`${stripeId} belongs to customer ${owner.subjectRef}`);
  const { facts, invoicePaymentIds } =
    "subscriptionId" in adopted
      ? await readFactsOfSubscription(context, subjectRef, stripeId)
      : { facts: await readFactsOfPayment(context, adopted), invoicePaymentIds: [] };
  const objects = toOwned({ attempt: null }, [stripeId, ...facts.flatMap(listStripeIds)]);
  const invoicePayments = toOwned({ attempt: null }, invoicePaymentIds);
  return {
    outcome: "read",
    differences: {
      subjectRef,
      facts,
      attempts: [],
      sales: [],
      objects,
      invoicePayments,
      erasureFence,
    },
  };
}

/**
 * Makes the object the subject's, with its refunds and disputes. Safe to repeat: known facts change nothing.
 *
 * Records the owner before the read that is merged. A live event that arrives later finds the subject, and what happened
 * earlier is in the read. In the other order, an event between the read and the record would be ignored as foreign, and a
 * subscription that was canceled in that moment would stay usable. After a crash between the two, the object is known as
 * the subject's, and a repeated call or a sync merges it.
 */
export async function adoptObject(
  context: ConnectionContext,
  subjectRef: string,
  adopted: AdoptionTarget,
): Promise<{ outcome: "merged"; changes: number } | NoOwner> {
  const { env, connection, now } = context;
  // Refuses what a checkout of ours sold, before anything is recorded.
  const checked = await readAdoption(context, subjectRef, adopted);
  if (checked.outcome !== "read") return checked;
  const objects = toOwned({ attempt: null }, [getStripeId(adopted)]);
  await recordObjectOwner(
    dataOf(env, connection),
    connection,
    { subjectRef, customerId: null },
    objects,
    now,
  );
  const read = await readAdoption(context, subjectRef, adopted);
  return read.outcome === "read" ? applySync(context, read.differences) : read;
}

const getStripeId = (adopted: AdoptionTarget): string =>
  "subscriptionId" in adopted ? adopted.subscriptionId : adopted.paymentIntentId;

/**
 * Throws if a checkout of ours sold the object: its own events grant it, and an adoption would grant it
 * twice.
 */
async function rejectIfSold(
  context: ConnectionContext,
  stripeId: string,
  ours: LicenzyMetadata | null,
): Promise<void> {
  if (ours === null) return;
  const sold = await resolveOwnerFromMetadata(context, ours);
  switch (sold.outcome) {
    case "erased":
      throw new AdoptionError(`${stripeId} was sold to a customer who was erased`);
    case "owner":
      throw new AdoptionError(
        `${stripeId} was sold to customer ${sold.owner.subjectRef} by a checkout. Sync that customer instead.`,
      );
    case "foreign":
    case "unknown_attempt":
      return;
  }
}

async function readFactsOfSubscription(
  context: ConnectionContext,
  subjectRef: string,
  subscriptionId: string,
): Promise<{ facts: SubjectFact[]; invoicePaymentIds: string[] }> {
  const stripe = await context.stripe();
  const { ours, customerId } = await readCurrentSubscription(stripe, subscriptionId);
  await rejectIfSold(context, subscriptionId, ours);
  const owner = { subjectRef, attempt: null, erasureFence: null };
  const facts = await readSubscriptionFacts(context, owner, subscriptionId);
  const invoicePaymentIds: string[] = [];
  const reversed = customerId === null ? [] : await listReversedCharges(stripe, customerId);
  for (const { paymentIntentId } of reversed) {
    const invoice = await readInvoicePaidBy(context, paymentIntentId);
    if (invoice?.subscriptionId !== subscriptionId) continue;
    facts.push(...(await readReversalFacts(context, { paymentIntentId, invoice })));
    invoicePaymentIds.push(paymentIntentId);
  }
  return { facts, invoicePaymentIds };
}

async function readFactsOfPayment(
  context: ConnectionContext,
  { paymentIntentId, productCode }: { paymentIntentId: string; productCode: string },
): Promise<SubjectFact[]> {
  const found = await readProduct(context.env.DB, context.connection, productCode);
  if (found === null)
    throw new AdoptionError(`No product '${productCode}' in ${context.connection.mode} mode`);
  const { product } = found;
  if (product.kind === "subscription")
    throw new AdoptionError(`${productCode} is a subscription. Adopt the subscription, not its payment.`);
  const stripe = await context.stripe();
  const intent = await callStripe(stripe.paymentIntents.retrieve(paymentIntentId));
  if (intent.status !== "succeeded")
    throw new AdoptionError(
      `${paymentIntentId} has status ${intent.status}. Only a succeeded payment can be adopted.`,
    );
  await rejectIfSold(context, paymentIntentId, parseLicenzyMetadata(intent.metadata));
  const paidAt = await readPaidAt(stripe, paymentIntentId);
  const purchase: SubjectFact = {
    type: "purchase",
    terms: {
      kind: product.kind,
      productCode,
      units: product.units,
      durationDays: product.durationDays,
      expiresAfterDays: product.expiresAfterDays,
    },
    paidAt: paidAt?.at ?? fromSeconds(intent.created, "the time of the payment"),
    paidAtFrom: paidAt?.from ?? "estimate",
    purchase: {
      attemptId: null,
      checkoutSessionId: null,
      paymentIntentId,
      subscriptionId: null,
      customerId: getReferenceId(intent.customer),
      amountTotal: intent.amount_received,
      currency: intent.currency,
      metadata: {},
    },
  };
  return [purchase, ...(await readReversalFacts(context, { paymentIntentId, invoice: null }))];
}
