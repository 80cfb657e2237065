import { buildLicenzyMetadata } from "../../../../shared/stripe/licenzy-metadata.ts";
import type { Item, Subscription, SubscriptionState } from "./truth.ts";
import type { ApiShape, Json } from "./world.ts";

/** Stripe puts at most this many items or lines into an event. */
const maxListed = 10;

/** Returns the first items of a list as an event or a read shows it. */
export function buildList(data: Json[]): Json {
  return {
    object: "list",
    data: data.slice(0, maxListed),
    has_more: data.length > maxListed,
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
function buildAttributes(state: SubscriptionState, shape: ApiShape): Json {
  const [first] = state.items;
  const period = { current_period_start: first?.periodStart, current_period_end: first?.periodEnd };
  return {
    status: state.status,
    items: buildList(state.items.map((item) => buildItem(item, shape))),
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

export function buildSubscription(
  subscription: Subscription,
  state: SubscriptionState,
  shape: ApiShape,
): Json {
  const { checkout } = subscription;
  return {
    id: subscription.id,
    object: "subscription",
    customer: "cus_1",
    created: subscription.startedAt,
    start_date: subscription.startedAt,
    metadata: checkout === null ? {} : buildMetadata(checkout.sessionId, checkout.productCode),
    ...buildAttributes(state, shape),
  };
}

/** Returns the former values of what differs, with a changed list of items whole, as Stripe does. */
export function buildPreviousAttributes(
  before: SubscriptionState,
  after: SubscriptionState,
  shape: ApiShape,
): Json {
  const [old, current] = [buildAttributes(before, shape), buildAttributes(after, shape)];
  const changed = Object.entries(old).filter(
    ([name, value]) => JSON.stringify(value) !== JSON.stringify(current[name]),
  );
  return Object.fromEntries(changed);
}
