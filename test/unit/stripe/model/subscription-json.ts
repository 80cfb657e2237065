import { buildLicenzyMetadata } from "../../../../shared/stripe/licenzy-metadata.ts";
import type { Item, Subscription, SubscriptionState } from "./truth.ts";
import type { ApiShape, Json } from "./world.ts";

/** Stripe puts at most this many items or lines into an event. */
const maxListed = 10;

/** Returns the first members of a list as an event or a read shows it. */
export function buildList(data: Json[], count = maxListed): Json {
  return {
    object: "list",
    data: data.slice(0, count),
    has_more: data.length > count,
    total_count: data.length,
  };
}

export function buildMetadata(sessionId: string, productCode: string): Record<string, string> {
  return buildLicenzyMetadata({
    projectId: "prj_1",
    mode: "test",
    subjectRef: "user_1",
    productCode,
    attemptId: `att_${sessionId}`,
  });
}

function buildItem(item: Item, shape: ApiShape): Json {
  const period = { current_period_start: item.periodStart, current_period_end: item.periodEnd };
  return {
    id: item.id,
    object: "subscription_item",
    created: item.createdAt,
    price: { id: item.price, object: "price" },
    quantity: item.quantity,
    ...(shape === "current" ? period : {}),
  };
}

/** The attributes that an update can change. Before 2025 the subscription had the period, not its items. */
function buildAttributes(state: SubscriptionState, shape: ApiShape, listed?: number): Json {
  const [first] = state.items;
  const period = { current_period_start: first?.periodStart, current_period_end: first?.periodEnd };
  return {
    status: state.status,
    items: buildList(
      state.items.map((item) => buildItem(item, shape)),
      listed,
    ),
    cancel_at_period_end: state.cancelAtPeriodEnd,
    cancel_at: state.cancelAtPeriodEnd ? findPeriodEnd(state) : state.cancelAt,
    ended_at: state.endedAt,
    pause_collection: state.isCollectionPaused ? { behavior: "void", resumes_at: null } : null,
    ...(shape === "current" ? {} : period),
  };
}

/** Returns the earliest end of a period among the items. */
export const findPeriodEnd = ({ items }: SubscriptionState): number =>
  Math.min(...items.map(({ periodEnd }) => periodEnd));

/** Returns the subscription as an event shows it, or with `listed` items. */
export function buildSubscription(
  subscription: Subscription,
  state: SubscriptionState,
  shape: ApiShape,
  listed?: number,
): Json {
  const { checkout } = subscription;
  return {
    id: subscription.id,
    object: "subscription",
    customer: "cus_1",
    created: subscription.startedAt,
    start_date: subscription.startedAt,
    metadata: checkout === null ? {} : buildMetadata(checkout.sessionId, checkout.productCode),
    ...buildAttributes(state, shape, listed),
  };
}

/** Returns the former values of what differs, as an event shows them, with a changed list of items whole. */
export function buildPreviousAttributes(
  before: SubscriptionState,
  after: SubscriptionState,
  shape: ApiShape,
): Json {
  const [old, current] = [before, after].map((state) => buildAttributes(state, shape, state.items.length));
  const changed = Object.keys(current ?? {}).filter(
    (name) => JSON.stringify(old?.[name]) !== JSON.stringify(current?.[name]),
  );
  const shown = buildAttributes(before, shape);
  return Object.fromEntries(changed.map((name) => [name, shown[name]]));
}

/** Returns the subscription as a client reads it that lists all items. */
export const buildReadSubscription = (
  subscription: Subscription,
  state: SubscriptionState,
  shape: ApiShape,
): Json => buildSubscription(subscription, state, shape, state.items.length);
