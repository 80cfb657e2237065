import { dataOf } from "../../../shared/db/databases.ts";
import { hasEnded } from "../../../shared/domain/stripe-record.ts";
import { findProductsOfPrices } from "../db/products.ts";
import { findObjectOwner } from "../db/stripe-objects.ts";
import { findSubscriptionOwner, type NoOwner } from "../stripe-events/find-owner.ts";
import { resolveSessionOwner } from "../stripe-events/find-session-owner.ts";
import { readCurrentSubscription } from "../stripe-events/read-from-stripe.ts";
import { readSubscriptionFacts } from "../stripe-events/sync-subject.ts";
import type { AuditItem } from "./audit-page.ts";
import { describeUnknownPrice } from "./describe.ts";
import { examineCharge } from "./examine-charge.ts";
import { examineForeign } from "./examine-foreign.ts";
import { examineSubject } from "./examine-subject.ts";
import { findSoldProduct } from "./sold-product.ts";
import { erased, type Verdict } from "./verdict.ts";
import type { Walk } from "./walk.ts";

/**
 * Examines one object or subject: reads it again from Stripe with all that belongs to the same customer, and compares it with
 * the customer's object. What moved since the first look is no finding.
 */

type SubscriptionItem = Extract<AuditItem, { type: "subscription" }>;
type SessionItem = Extract<AuditItem, { type: "session" }>;

export async function examine(walk: Walk, item: AuditItem): Promise<Verdict | null> {
  switch (item.type) {
    case "subscription":
      return examineSubscription(walk, item);
    case "session":
      return examineSession(walk, item);
    case "charge":
      return examineCharge(walk, item);
    case "subject":
      return examineSubject(walk, item.id, { stripeId: null, customerId: null });
  }
}

async function examineSubscription(walk: Walk, item: SubscriptionItem): Promise<Verdict | null> {
  const { context } = walk;
  const { ours, customerId, observation } = await readCurrentSubscription(await context.stripe(), item.id);
  const isOpen = !hasEnded(observation.status);
  const priceIds = observation.items.map(({ priceId }) => priceId);
  const products = await findProductsOfPrices(context.env.DB, context.connection, priceIds);
  const unknownPriceId = isOpen ? (priceIds.find((priceId) => !products.has(priceId)) ?? null) : null;
  const lookup = await findSubscriptionOwner(context, item.id, ours);
  const about = { stripeId: item.id, customerId, unknownPriceId };
  if (lookup.outcome === "owner") {
    const { owner } = lookup;
    const readFacts = () => readSubscriptionFacts(context, owner, item.id);
    return examineSubject(walk, owner.subjectRef, { ...about, readFacts });
  }
  if (lookup.outcome === "erased") return erased(item.id, customerId);
  if (!isOpen) return null;
  const unknown = unknownPriceId === null ? null : describeUnknownPrice(unknownPriceId);
  const target = { subscriptionId: item.id };
  return examineForeign(walk, item, lookup, { stripeId: item.id, customerId, unknown, target });
}

async function examineSession(walk: Walk, item: SessionItem): Promise<Verdict | null> {
  const { context } = walk;
  const { ours, parsed } = item;
  const { paymentIntentId, customerId } = parsed;
  const about = { stripeId: item.id, customerId };
  if (ours !== null) {
    const lookup = await resolveSessionOwner(context, item.id, ours);
    if (lookup.outcome === "owner") return examineSubject(walk, lookup.owner.subjectRef, about);
    if (lookup.outcome === "erased") return erased(item.id, customerId);
    if (lookup.outcome === "other_session") return null;
    if (paymentIntentId === null) return null;
    return examinePayment(walk, item, lookup, paymentIntentId);
  }
  const { connectionId } = context.connection;
  const ids = paymentIntentId === null ? [item.id] : [item.id, paymentIntentId];
  const known = await findObjectOwner(dataOf(context.env, context.connection), connectionId, ids);
  if (known !== null) return examineSubject(walk, known.subjectRef, about);
  // Nothing was paid, and nothing can be imported.
  if (paymentIntentId === null) return null;
  return examinePayment(
    walk,
    item,
    { outcome: "foreign", reason: "not created by Licenzy" },
    paymentIntentId,
  );
}

/** Examines a payment that no checkout of Licenzy sold. What it bought follows from the session's prices. */
async function examinePayment(
  walk: Walk,
  item: SessionItem,
  lookup: NoOwner,
  paymentIntentId: string,
): Promise<Verdict | null> {
  const sold = await findSoldProduct(walk, item);
  const about = { stripeId: paymentIntentId, customerId: item.customerId };
  if (sold.outcome === "over") return null;
  if (sold.outcome === "unknown_price")
    return examineForeign(walk, item, lookup, {
      ...about,
      unknown: describeUnknownPrice(sold.priceId),
      target: null,
    });
  const { productCode } = sold;
  const target = { paymentIntentId, productCode };
  return examineForeign(walk, item, lookup, { ...about, unknown: null, target });
}
