import type Stripe from "stripe";
import { cancelSubscription } from "../billing/cancel.ts";
import { hasEnded } from "../billing/collect.ts";
import { pauseSubscription, resumeSubscription } from "../billing/pause.ts";
import { type SubscriptionChange, updateSubscription } from "../billing/update.ts";
import type { Context } from "../context.ts";
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
  type Param,
  text,
  timestamp,
} from "../params.ts";
import { replaceDiscounts } from "../payments/discounts.ts";
import { type Route, route } from "../router.ts";
import { createdFilter } from "./created-filter.ts";

const liveStatuses = ["active", "incomplete", "past_due", "paused", "trialing", "unpaid"];
const endedStatuses = ["canceled", "incomplete_expired"];

/** A time, or a period's end by name. */
const cancelAt: Param<number | "max_period_end" | "min_period_end"> = (value, path) =>
  typeof value === "string" && /^\d+$/.test(value)
    ? timestamp()(value, path)
    : oneOf("max_period_end", "min_period_end")(value, path);

const listFields = {
  ...pageFields,
  created: createdFilter,
  customer: optional(text()),
  status: optional(text({ oneOf: [...liveStatuses, ...endedStatuses, "all", "ended"] })),
} satisfies Fields & Partial<Record<keyof Stripe.SubscriptionListParams, unknown>>;

const updateFields = {
  billing_cycle_anchor: optional(
    group({ type: oneOf("now", "unchanged") } satisfies Fields &
      Partial<Record<keyof Stripe.SubscriptionUpdateParams.BillingCycleAnchor, unknown>>),
  ),
  cancel_at: clearable(cancelAt),
  cancel_at_period_end: optional(boolean()),
  discounts: clearable(
    list(
      group({ coupon: text() } satisfies Fields &
        Partial<Record<keyof Stripe.SubscriptionUpdateParams.Discount, unknown>>),
    ),
  ),
  items: optional(
    list(
      group({
        id: optional(text()),
        price: optional(text()),
        quantity: optional(integer({ min: 0 })),
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
  payment_behavior: optional(oneOf("allow_incomplete", "error_if_incomplete", "pending_if_incomplete")),
  proration_behavior: optional(oneOf("always_invoice", "create_prorations", "none")),
  trial_settings: optional(
    group({
      end_behavior: group({
        missing_payment_method: oneOf("cancel", "create_invoice", "pause"),
      } satisfies Fields &
        Partial<Record<keyof Stripe.SubscriptionUpdateParams.TrialSettings.EndBehavior, unknown>>),
    } satisfies Fields & Partial<Record<keyof Stripe.SubscriptionUpdateParams.TrialSettings, unknown>>),
  ),
} satisfies Fields & Partial<Record<keyof Stripe.SubscriptionUpdateParams, unknown>>;

type UpdateParams = Decoded<typeof updateFields>;

/** Credits for unused time are not emulated, so `none` is required. */
const pauseFields = {
  type: optional(oneOf("subscription")),
  bill_for: group({ unused_time_from: group({ type: oneOf("none") }) } satisfies Fields &
    Partial<Record<keyof Stripe.SubscriptionPauseParams.BillFor, unknown>>),
} satisfies Fields & Partial<Record<keyof Stripe.SubscriptionPauseParams, unknown>>;

const resumeFields = {
  billing_cycle_anchor: optional(
    group({ type: oneOf("now", "unchanged") } satisfies Fields &
      Partial<Record<keyof Stripe.SubscriptionResumeParams.BillingCycleAnchor, unknown>>),
  ),
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

  route("POST", "/v1/subscriptions/:id", permission, updateFields, ({ context, id, params }) => {
    replaceDiscounts(context, id, params.discounts);
    return updateSubscription(context, id, readChange(context, id, params));
  }),

  route("DELETE", "/v1/subscriptions/:id", permission, {}, ({ context, id }) => {
    const subscription = context.objects.get("subscription", id);
    if (hasEnded(subscription)) throw noSuchObject("subscription", id);
    return cancelSubscription(context, subscription, "cancellation_requested");
  }),

  route("POST", "/v1/subscriptions/:id/pause", permission, pauseFields, ({ context, id }) =>
    pauseSubscription(context, id),
  ),

  route("POST", "/v1/subscriptions/:id/resume", permission, resumeFields, ({ context, id, params }) => {
    const anchor = params.billing_cycle_anchor?.type ?? "now";
    if (anchor === "unchanged" && params.proration_behavior === undefined) throw noProration();
    return resumeSubscription(context, id, anchor);
  }),
];

function readChange(context: Context, id: string, params: UpdateParams): SubscriptionChange {
  checkCombination(context, params);
  const { metadata: currentMetadata, trial_settings: trial } = context.objects.get("subscription", id);
  const { pause_collection: pause, trial_settings: newTrial } = params;
  return {
    cancelAt: params.cancel_at,
    cancelAtPeriodEnd: params.cancel_at_period_end,
    items: params.items?.map(({ deleted = false, ...item }) => ({ ...item, deleted })),
    metadata: params.metadata === undefined ? undefined : applyMetadata(currentMetadata, params.metadata),
    pauseCollection: pause && { behavior: pause.behavior, resumes_at: pause.resumes_at ?? null },
    restartCycle: params.billing_cycle_anchor?.type === "now",
    trialSettings: newTrial && {
      end_behavior: { billing_cycle_anchor: null, ...trial?.end_behavior, ...newTrial.end_behavior },
    },
    proration: params.proration_behavior ?? "create_prorations",
    payment: params.payment_behavior ?? "allow_incomplete",
  };
}

/** A pending update has only what Stripe can keep in it: items, the billing cycle and their proration. */
const pendingNames = ["items", "billing_cycle_anchor", "proration_behavior", "payment_behavior"];

function checkCombination(context: Context, params: UpdateParams): void {
  if (params.cancel_at != null && params.cancel_at_period_end !== undefined) {
    throw invalidRequest("You may only specify one of these parameters: cancel_at, cancel_at_period_end.");
  }
  if (typeof params.cancel_at === "number" && params.cancel_at <= context.now) {
    throw invalidRequest("`cancel_at` must be in the future.", { param: "cancel_at" });
  }
  if (params.payment_behavior !== "pending_if_incomplete") return;
  for (const [name, value] of Object.entries(params)) {
    if (value === undefined || pendingNames.includes(name)) continue;
    const message = `Passing \`${name}\` with \`payment_behavior\` set to \`pending_if_incomplete\` is not supported.`;
    throw invalidRequest(message, { param: name });
  }
}

function noProration() {
  return invalidRequest(
    "Pocket Stripe does not prorate a resumed period, which is Stripe's default: pass proration_behavior=none.",
    { param: "proration_behavior" },
  );
}
