import type Stripe from "stripe";
import { cancelSubscription } from "../billing/cancel.ts";
import { hasEnded } from "../billing/collect.ts";
import { pauseSubscription, resumeSubscription } from "../billing/pause.ts";
import { type SubscriptionChange, updateSubscription } from "../billing/update.ts";
import { invalidRequest, noSuchObject } from "../errors.ts";
import { pageFields } from "../object-store.ts";
import {
  applyMetadata,
  boolean,
  clearable,
  type Decoded,
  type Fields,
  group,
  integer,
  list,
  metadata,
  oneOf,
  optional,
  text,
  timestamp,
} from "../params.ts";
import { type Route, route } from "../router.ts";
import { createdFilter } from "./created-filter.ts";

const liveStatuses = ["active", "incomplete", "past_due", "paused", "trialing", "unpaid"];
const endedStatuses = ["canceled", "incomplete_expired"];

const listFields = {
  ...pageFields,
  created: createdFilter,
  customer: optional(text()),
  status: optional(text({ oneOf: [...liveStatuses, ...endedStatuses, "all", "ended"] })),
} satisfies Fields & Partial<Record<keyof Stripe.SubscriptionListParams, unknown>>;

const updateFields = {
  cancel_at_period_end: optional(boolean()),
  items: optional(
    list(
      group({
        id: optional(text()),
        price: optional(text()),
        quantity: optional(integer({ min: 1 })),
        deleted: optional(boolean()),
      } satisfies Fields & Partial<Record<keyof Stripe.SubscriptionUpdateParams.Item, unknown>>),
      { max: 20 },
    ),
  ),
  metadata: metadata(),
  pause_collection: clearable(
    group({
      behavior: oneOf("keep_as_draft", "mark_uncollectible", "void"),
      resumes_at: optional(timestamp()),
    } satisfies Fields & Partial<Record<keyof Stripe.SubscriptionUpdateParams.PauseCollection, unknown>>),
  ),
  proration_behavior: optional(oneOf("none")),
} satisfies Fields & Partial<Record<keyof Stripe.SubscriptionUpdateParams, unknown>>;

/** Credits for unused time are not emulated, so `none` is required. */
const pauseFields = {
  type: optional(oneOf("subscription")),
  bill_for: group({ unused_time_from: group({ type: oneOf("none") }) } satisfies Fields &
    Partial<Record<keyof Stripe.SubscriptionPauseParams.BillFor, unknown>>),
} satisfies Fields & Partial<Record<keyof Stripe.SubscriptionPauseParams, unknown>>;

const resumeFields = {
  billing_cycle_anchor: optional(oneOf("now", "unchanged")),
  proration_behavior: optional(oneOf("none")),
} satisfies Fields & Partial<Record<keyof Stripe.SubscriptionResumeParams, unknown>>;

const permission = "rak_subscription";

export const subscriptionRoutes: Route[] = [
  route("GET", "/v1/subscriptions", permission, listFields, ({ context, params }) => {
    const { customer, status } = params;
    const named = status === undefined ? [...liveStatuses, "incomplete_expired"] : [status];
    const statuses = status === "all" ? undefined : status === "ended" ? endedStatuses : named;
    return context.objects.list("subscription", "/v1/subscriptions", {
      page: params,
      created: params.created,
      fields: { customer, status: statuses },
    });
  }),

  route("GET", "/v1/subscriptions/:id", permission, {}, ({ context, id }) =>
    context.objects.get("subscription", id),
  ),

  route("POST", "/v1/subscriptions/:id", permission, updateFields, ({ context, id, params }) =>
    updateSubscription(context, id, readChange(params, context.objects.get("subscription", id).metadata)),
  ),

  route("DELETE", "/v1/subscriptions/:id", permission, {}, ({ context, id }) => {
    const subscription = context.objects.get("subscription", id);
    if (hasEnded(subscription)) throw noSuchObject("subscription", id);
    return cancelSubscription(context, subscription, "cancellation_requested");
  }),

  route("POST", "/v1/subscriptions/:id/pause", permission, pauseFields, ({ context, id }) =>
    pauseSubscription(context, id),
  ),

  route("POST", "/v1/subscriptions/:id/resume", permission, resumeFields, ({ context, id, params }) => {
    const anchor = params.billing_cycle_anchor ?? "now";
    if (anchor === "unchanged" && params.proration_behavior === undefined) throw noProration();
    return resumeSubscription(context, id, anchor);
  }),
];

function readChange(
  params: Decoded<typeof updateFields>,
  currentMetadata: Record<string, string>,
): SubscriptionChange {
  if (params.items !== undefined && params.proration_behavior === undefined) throw noProration();
  const { pause_collection: pause } = params;
  return {
    cancelAtPeriodEnd: params.cancel_at_period_end,
    items: params.items?.map(({ id, price, quantity, deleted }) => ({
      id,
      price,
      quantity,
      deleted: deleted ?? false,
    })),
    metadata: params.metadata === undefined ? undefined : applyMetadata(currentMetadata, params.metadata),
    pauseCollection: pause && { behavior: pause.behavior, resumes_at: pause.resumes_at ?? null },
  };
}

function noProration() {
  return invalidRequest(
    "Pocket Stripe does not prorate, which is Stripe's default: pass proration_behavior=none.",
    {
      param: "proration_behavior",
    },
  );
}
