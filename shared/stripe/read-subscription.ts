import type Stripe from "stripe";
import type {
  ComparedAttributes,
  Observation,
  StripeSubscriptionStatus,
  SubscriptionItem,
} from "../domain/stripe-record.ts";
import { fromSeconds, idOf, optionalMoment, required, UnreadableObject } from "./object-fields.ts";
import { type OurMetadata, readOurMetadata } from "./our-metadata.ts";

/** A subscription as Stripe told it, before its prices are known to be products. */
export interface SubscriptionTold {
  type: "subscription";
  subscriptionId: string;
  customerId: string | null;
  ours: OurMetadata | null;
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

/** Before 2025 the period was the subscription's own; since then each item has one. */
type AnyShape = Partial<Stripe.Subscription> & { current_period_end?: number | null };
type AnyItem = Stripe.SubscriptionItem & { current_period_end?: number | null };

/** Who said it, and when by Stripe's clock. */
export type Saying = Pick<Observation, "sourceId" | "said" | "at">;

export function readSubscription(
  subscription: Stripe.Subscription,
  saying: Saying,
  previous: AnyShape | null,
): SubscriptionTold {
  const status = required(subscription.status, "the subscription's status");
  if (!isStatus(status))
    throw new UnreadableObject(`unreadable: ${subscription.id} has the status '${status}'`);
  const start = required(subscription.start_date ?? subscription.created, "the subscription's start");
  return {
    type: "subscription",
    subscriptionId: required(subscription.id, "the subscription's id"),
    customerId: idOf(subscription.customer),
    ours: readOurMetadata(subscription.metadata),
    observation: {
      ...saying,
      status,
      items: itemsOf(subscription),
      startedAt: fromSeconds(start),
      cancelAtPeriodEnd: endsLater(subscription),
      endedAt: optionalMoment(subscription.ended_at),
      isCollectionPaused: subscription.pause_collection != null,
      previous: previous === null ? null : previousAttributes(previous),
    },
  };
}

function itemsOf(subscription: AnyShape): SubscriptionItem[] {
  const items = required(subscription.items?.data, "the subscription's items") as AnyItem[];
  return items.map((item) => ({
    priceId: required(idOf(item.price), "the price of the subscription's item"),
    productCode: null,
    currentPeriodEnd: optionalMoment(item.current_period_end ?? subscription.current_period_end),
  }));
}

/** Ends at the period's end, or at another moment that is set already. */
function endsLater({ cancel_at_period_end, cancel_at }: AnyShape): boolean {
  return cancel_at_period_end === true || cancel_at != null;
}

function previousAttributes(previous: AnyShape): Partial<ComparedAttributes> {
  const items = previous.items?.data as AnyItem[] | undefined;
  const periodEnd = items?.[0]?.current_period_end ?? previous.current_period_end;
  return {
    ...(previous.status == null || !isStatus(previous.status) ? {} : { status: previous.status }),
    ...(previous.cancel_at_period_end == null ? {} : { cancelAtPeriodEnd: previous.cancel_at_period_end }),
    ...(periodEnd == null ? {} : { currentPeriodEnd: fromSeconds(periodEnd) }),
    ...(items === undefined ? {} : { priceIds: items.map((item) => idOf(item.price)).join() }),
  };
}
