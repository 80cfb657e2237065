import { d1 } from "../../../shared/db/deadline.ts";
import { readProduct } from "../../../shared/db/products.ts";
import { findOwner } from "../../../shared/db/stripe-objects.ts";
import type { SubjectFact } from "../../../shared/domain/decide-stripe.ts";
import { askStripe } from "../../../shared/stripe/gateway.ts";
import { fromSeconds, idOf } from "../../../shared/stripe/object-fields.ts";
import { type OurMetadata, readOurMetadata } from "../../../shared/stripe/our-metadata.ts";
import { Erased, invoicePaidBy, paidInvoice, soldTo } from "./find-owner.ts";
import type { Inbound } from "./inbound.ts";
import { readSubscriptionNow } from "./read-from-stripe.ts";
import { reversedChargesOf } from "./read-subject-objects.ts";
import { type Differences, refuseErased, reversalFacts, subscriptionFacts } from "./sync-subject.ts";

/** Why an object can't be adopted, in a sentence for the operator. */
class AdoptionRefused extends Error {
  constructor(why: string) {
    super(why);
    this.name = "AdoptionRefused";
  }
}

export type Adopted = { subscriptionId: string } | { paymentIntentId: string; productCode: string };

/**
 * What it would mean to make a subscription or payment the subject's that was not sold by a checkout of ours, with
 * everything that took it back before. Preview and apply it like the differences of a sync.
 */
export async function readAdoption(
  inbound: Inbound,
  subjectRef: string,
  adopted: Adopted,
): Promise<Differences> {
  const knownErasureAt = await refuseErased(inbound, subjectRef);
  const stripeId = "subscriptionId" in adopted ? adopted.subscriptionId : adopted.paymentIntentId;
  const { env, connection } = inbound;
  const owner = await d1(findOwner(env.DB, connection.connectionId, [stripeId]));
  if (owner !== null && owner.subjectRef !== subjectRef)
    throw new AdoptionRefused(`${stripeId} belongs to the customer ${owner.subjectRef}`);
  const facts =
    "subscriptionId" in adopted
      ? await factsOfSubscription(inbound, subjectRef, stripeId)
      : await factsOfPayment(inbound, adopted);
  return { subjectRef, facts, attempts: [], stripeIds: [stripeId], knownErasureAt };
}

/** What a checkout of ours sold comes by its own events: adopted as well, it would be granted twice. */
async function refuseSold(inbound: Inbound, stripeId: string, ours: OurMetadata | null): Promise<void> {
  const sold = ours === null ? null : await soldTo(inbound, ours);
  if (sold instanceof Erased) throw new AdoptionRefused(`${stripeId} was sold to a customer who was erased`);
  if (sold === null || sold instanceof Error) return;
  throw new AdoptionRefused(
    `${stripeId} was sold to the customer ${sold.subjectRef} by a checkout: sync that customer instead`,
  );
}

async function factsOfSubscription(
  inbound: Inbound,
  subjectRef: string,
  subscriptionId: string,
): Promise<SubjectFact[]> {
  const stripe = await inbound.stripe();
  const { ours, customerId } = await readSubscriptionNow(stripe, subscriptionId);
  await refuseSold(inbound, subscriptionId, ours);
  const facts = await subscriptionFacts(
    inbound,
    { subjectRef, attempt: null, knownErasureAt: null },
    subscriptionId,
  );
  const reversed = customerId === null ? [] : await reversedChargesOf(stripe, customerId);
  for (const { paymentIntentId } of reversed) {
    const invoice = await invoicePaidBy(inbound, paymentIntentId);
    if (invoice?.subscriptionId !== subscriptionId) continue;
    const payment = { paymentIntentId, invoice: paidInvoice(invoice, subscriptionId) };
    facts.push(...(await reversalFacts(inbound, payment)));
  }
  return facts;
}

async function factsOfPayment(
  inbound: Inbound,
  { paymentIntentId, productCode }: { paymentIntentId: string; productCode: string },
): Promise<SubjectFact[]> {
  const found = await d1(readProduct(inbound.env.DB, inbound.connection, productCode));
  if (found === null) throw new AdoptionRefused(`There is no product ${productCode}`);
  const { product } = found;
  if (product.kind === "subscription")
    throw new AdoptionRefused(
      `${productCode} is a subscription: name the subscription itself, not its payment`,
    );
  const stripe = await inbound.stripe();
  const intent = await askStripe(
    stripe.paymentIntents.retrieve(paymentIntentId, { expand: ["latest_charge"] }),
  );
  if (intent.status !== "succeeded")
    throw new AdoptionRefused(`${paymentIntentId} is ${intent.status}: only what is paid can be adopted`);
  await refuseSold(inbound, paymentIntentId, readOurMetadata(intent.metadata));
  const charge = intent.latest_charge;
  const bought: SubjectFact = {
    type: "purchase",
    terms: {
      kind: product.kind,
      productCode,
      units: product.units,
      durationDays: product.durationDays,
      expiresAfterDays: product.expiresAfterDays,
    },
    paidAt: fromSeconds(charge !== null && typeof charge !== "string" ? charge.created : intent.created),
    purchase: {
      attemptId: null,
      checkoutSessionId: null,
      paymentIntentId,
      subscriptionId: null,
      customerId: idOf(intent.customer),
      amountTotal: intent.amount_received,
      currency: intent.currency,
      metadata: {},
    },
  };
  return [bought, ...(await reversalFacts(inbound, { paymentIntentId, invoice: null }))];
}
