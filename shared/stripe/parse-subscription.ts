import type Stripe from "stripe";
import { toComparedAttributes } from "../domain/compared-attributes.ts";
import type {
  ComparedAttributes,
  Observation,
  StripeSubscriptionStatus,
  SubscriptionItem,
  SubscriptionSnapshot,
} from "../domain/stripe-record.ts";
import { type LicenzyMetadata, parseLicenzyMetadata } from "./licenzy-metadata.ts";
import {
  fromOptionalSeconds,
  fromSeconds,
  getReferenceId,
  requireField,
  UnreadableObjectError,
} from "./object-fields.ts";

/** A parsed subscription, before its prices are mapped to products. */
export interface ParsedSubscription {
  type: "subscription";
  subscriptionId: string;
  customerId: string | null;
  ours: LicenzyMetadata | null;
  observation: Observation;
}

const statuses: readonly string[] = [
  "incomplete",
  "incomplete_expired",
  "trialing",
  "active",
  "past_due",
  "canceled",
  "unpaid",
  "paused",
] satisfies StripeSubscriptionStatus[];

const isStatus = (status: string): status is StripeSubscriptionStatus => statuses.includes(status);

/** Before 2025 the subscription had the period; since then each item has one. */
type AnyShape = Partial<Stripe.Subscription> & { current_period_end?: number | null };
type AnyItem = Stripe.SubscriptionItem & { current_period_end?: number | null };

/** The source of an observation, and its time by Stripe's clock. */
export type ObservationSource = Pick<Observation, "sourceId" | "said" | "at">;

export function parseSubscription(
  subscription: Stripe.Subscription,
  source: ObservationSource,
  previous: AnyShape | null,
): ParsedSubscription {
  const status = requireField(subscription.status, "the subscription's status");
  if (!isStatus(status))
    throw new UnreadableObjectError(`unreadable: ${subscription.id} has the status '${status}'`);
  return {
    type: "subscription",
    subscriptionId: requireField(subscription.id, "the subscription's id"),
    customerId: getReferenceId(subscription.customer),
    ours: parseLicenzyMetadata(subscription.metadata),
    observation: {
      ...source,
      ...parseSnapshot(subscription, status),
      ...(subscription.items.has_more ? { hasMoreItems: true } : {}),
      ...(subscription.test_clock == null ? {} : { isOnTestClock: true }),
      previous: previous === null ? null : parsePreviousAttributes(subscription, status, previous),
    },
  };
}

function parseSnapshot(subscription: AnyShape, status: StripeSubscriptionStatus): SubscriptionSnapshot {
  const start = requireField(subscription.start_date ?? subscription.created, "the subscription's start");
  const items = parseItems(subscription);
  const cancelAt = fromOptionalSeconds(subscription.cancel_at, "the subscription's scheduled end");
  const periodEnd = Math.max(...items.map(({ currentPeriodEnd }) => currentPeriodEnd ?? 0));
  return {
    status,
    items,
    startedAt: fromSeconds(start, "the subscription's start"),
    // A scheduled end may be a year away.
    cancelAtPeriodEnd:
      subscription.cancel_at_period_end === true || (cancelAt !== null && cancelAt <= periodEnd),
    cancelAt,
    endedAt: fromOptionalSeconds(subscription.ended_at, "the subscription's end"),
    isCollectionPaused: subscription.pause_collection != null,
  };
}

function parseItems(subscription: AnyShape): SubscriptionItem[] {
  const items = requireField(subscription.items?.data, "the subscription's items") as AnyItem[];
  return items.map((item) => ({
    itemId: requireField(item.id, "the id of the subscription's item"),
    createdAt: fromOptionalSeconds(item.created, "the time of the subscription's item"),
    quantity: item.quantity ?? null,
    priceId: requireField(getReferenceId(item.price), "the price of the subscription's item"),
    productCode: null,
    currentPeriodEnd: fromOptionalSeconds(
      item.current_period_end ?? subscription.current_period_end,
      "the end of the item's period",
    ),
  }));
}

/** Stripe sends the former values of the changed attributes. All others are as they are now. */
function parsePreviousAttributes(
  subscription: Stripe.Subscription,
  status: StripeSubscriptionStatus,
  previous: AnyShape,
): ComparedAttributes {
  const present = subscription.items.data;
  const items = (previous.items?.data as AnyItem[] | undefined)?.map((item, index) => ({
    ...(item.id === undefined ? present[index] : present.find(({ id }) => id === item.id)),
    ...item,
  }));
  const former: AnyShape = {
    ...subscription,
    ...previous,
    items: items === undefined ? subscription.items : { ...subscription.items, data: items },
  };
  const formerStatus = previous.status ?? status;
  return toComparedAttributes(parseSnapshot(former, isStatus(formerStatus) ? formerStatus : status));
}
