import type Stripe from "stripe";
import type {
  ComparedAttributes,
  Observation,
  StripeSubscriptionStatus,
  SubscriptionItem,
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
  const start = requireField(subscription.start_date ?? subscription.created, "the subscription's start");
  return {
    type: "subscription",
    subscriptionId: requireField(subscription.id, "the subscription's id"),
    customerId: getReferenceId(subscription.customer),
    ours: parseLicenzyMetadata(subscription.metadata),
    observation: {
      ...source,
      status,
      items: parseItems(subscription),
      startedAt: fromSeconds(start),
      cancelAtPeriodEnd: isEndScheduled(subscription),
      endedAt: fromOptionalSeconds(subscription.ended_at),
      isCollectionPaused: subscription.pause_collection != null,
      previous: previous === null ? null : parsePreviousAttributes(subscription, previous),
    },
  };
}

function parseItems(subscription: AnyShape): SubscriptionItem[] {
  const items = requireField(subscription.items?.data, "the subscription's items") as AnyItem[];
  return items.map((item) => ({
    priceId: requireField(getReferenceId(item.price), "the price of the subscription's item"),
    productCode: null,
    currentPeriodEnd: fromOptionalSeconds(item.current_period_end ?? subscription.current_period_end),
  }));
}

/** Returns whether the subscription ends at the period's end or at another scheduled time. */
function isEndScheduled({ cancel_at_period_end, cancel_at }: AnyShape): boolean {
  return cancel_at_period_end === true || cancel_at != null;
}

function parsePreviousAttributes(
  subscription: Stripe.Subscription,
  previous: AnyShape,
): Partial<ComparedAttributes> {
  const former: AnyShape = { ...subscription, ...previous };
  const isEndChanged = "cancel_at_period_end" in previous || "cancel_at" in previous;
  const items = previous.items?.data as AnyItem[] | undefined;
  const periodEnd = items?.[0]?.current_period_end ?? previous.current_period_end;
  return {
    ...(previous.status == null || !isStatus(previous.status) ? {} : { status: previous.status }),
    ...(isEndChanged ? { cancelAtPeriodEnd: isEndScheduled(former) } : {}),
    ...("pause_collection" in previous ? { isCollectionPaused: former.pause_collection != null } : {}),
    ...(periodEnd == null ? {} : { currentPeriodEnd: fromSeconds(periodEnd) }),
    ...(items === undefined ? {} : { priceIds: items.map((item) => getReferenceId(item.price)).join() }),
  };
}
