import type { Context } from "../context.ts";
import { declined, invalidRequest } from "../errors.ts";
import { changeObject } from "../events.ts";
import { draftInvoice, restartCycle, saveWithInvoice } from "./bill-items.ts";
import type { Invoice } from "./build-invoice.ts";
import type { Subscription, SubscriptionItem } from "./build-subscription.ts";
import { type CancelAt, cancelAtPeriodEnd, cancelAtTime, followPeriodEnd } from "./cancellation.ts";
import { changeItems, type ItemChange } from "./change-items.ts";
import { collectDue, hasEnded } from "./collect.ts";
import { collectInvoice, finalizeInvoice } from "./invoices.ts";
import { discardPendingUpdate, keepPendingUpdate } from "./pending-update.ts";
import { isSameInterval } from "./period.ts";
import { chargeRemainingTime, creditUnusedTime } from "./prorations.ts";
import { scheduleSubscription } from "./schedule.ts";

export interface SubscriptionChange {
  cancelAt?: CancelAt | undefined;
  cancelAtPeriodEnd?: boolean | undefined;
  items?: ItemChange[] | undefined;
  metadata?: Record<string, string> | undefined;
  pauseCollection?: Subscription["pause_collection"] | undefined;
  /** `billing_cycle_anchor: now` starts and bills a new period of all items at once. */
  restartCycle?: boolean | undefined;
  schedule?: string | null | undefined;
  trialSettings?: Subscription["trial_settings"] | undefined;
  /** Whether time that was paid is credited and the rest of the period charged, and when. */
  proration: "create_prorations" | "always_invoice" | "none";
  /** What follows when an invoice of the change is not paid at once. */
  payment: "allow_incomplete" | "pending_if_incomplete" | "error_if_incomplete";
}

/**
 * Updates a subscription. A change of the billing interval starts and bills a new period at once, as with
 * Stripe. With the same interval the period continues: prorations wait for the next invoice, or are
 * invoiced at once with `always_invoice`.
 */
export function updateSubscription(context: Context, id: string, change: SubscriptionChange): Subscription {
  const stored = context.objects.get("subscription", id);
  if (hasEnded(stored))
    throw invalidRequest("A canceled subscription can only update its cancellation_details.");
  const changesPlan = change.items !== undefined || change.restartCycle === true;
  const before = changesPlan ? discardPendingUpdate(context, stored) : stored;
  const { subscription: after, invoice } = bill(
    context,
    before,
    applyChange(context, before, change),
    change,
  );
  if (invoice === undefined) changeObject(context, "customer.subscription.updated", before, after);
  else collectChange(context, before, after, invoice, change.payment);
  scheduleSubscription(context, id);
  return context.objects.get("subscription", id);
}

function applyChange(context: Context, before: Subscription, change: SubscriptionChange): Subscription {
  const { cancelAt, cancelAtPeriodEnd: atPeriodEnd } = change;
  const items = change.items === undefined ? before.items.data : changeItems(context, before, change.items);
  return followPeriodEnd({
    ...before,
    ...(cancelAt === undefined ? {} : cancelAtTime(context, items, cancelAt)),
    ...(atPeriodEnd === undefined ? {} : cancelAtPeriodEnd(context, items, atPeriodEnd)),
    ...(change.metadata === undefined ? {} : { metadata: change.metadata }),
    ...(change.pauseCollection === undefined ? {} : { pause_collection: change.pauseCollection }),
    ...(change.schedule === undefined ? {} : { schedule: change.schedule }),
    ...(change.trialSettings === undefined ? {} : { trial_settings: change.trialSettings }),
    items: { ...before.items, data: items },
  });
}

/** Creates the prorations of a change, and the invoice if one is due at once. */
function bill(
  context: Context,
  before: Subscription,
  after: Subscription,
  { proration, restartCycle: restarts = false }: SubscriptionChange,
): { subscription: Subscription; invoice?: Invoice } {
  const isTrial = before.status === "trialing";
  const changesInterval = !isTrial && hasOtherInterval(before.items.data, after.items.data);
  const isRestart = restarts || (changesInterval && hasOneInterval(before) && hasOneInterval(after));
  const prorates = proration !== "none" && !isTrial;
  const prorations = prorates ? prorate(context, before, after, isRestart) : 0;
  if (isRestart) return restartCycle(context, after);
  const isDueNow = prorations > 0 && (proration === "always_invoice" || changesInterval);
  if (!isDueNow) return { subscription: after };
  const invoice = draftInvoice(context, after, {
    reason: "subscription_update",
    period: { start: context.now, end: context.now },
    items: [],
  });
  return { subscription: after, invoice };
}

/** Creates the prorations of a change and returns their number. A restart credits all items. */
function prorate(context: Context, before: Subscription, after: Subscription, isRestart: boolean): number {
  const isIn = ({ items }: Subscription, one: SubscriptionItem) =>
    items.data.some(
      ({ id, price, quantity }) => id === one.id && price.id === one.price.id && quantity === one.quantity,
    );
  const credited = before.items.data.filter((item) => isRestart || !isIn(after, item));
  const charged = isRestart ? [] : after.items.data.filter((item) => !isIn(before, item));
  const credits = credited.map((item) => creditUnusedTime(context, before, item));
  const charges = charged.map((item) => chargeRemainingTime(context, after, item));
  return [...credits, ...charges].reduce((sum, count) => sum + count, 0);
}

function collectChange(
  context: Context,
  before: Subscription,
  after: Subscription,
  draft: Invoice,
  payment: SubscriptionChange["payment"],
): void {
  const { nextPayment } = context.objects.readNotes("subscription", before.id);
  const isPaid = draft.amount_due === 0 || nextPayment === "succeed";
  // Thrown, since nothing of the change must remain.
  if (!isPaid && payment === "error_if_incomplete") throw declined();
  if (!isPaid && payment === "pending_if_incomplete") {
    keepPendingUpdate(
      context,
      before,
      after,
      collectInvoice(context, finalizeInvoice(context, draft), "fail"),
    );
    return;
  }
  saveWithInvoice(context, after, draft);
  collectDue(context, finalizeInvoice(context, draft));
}

function hasOneInterval({ items }: Subscription): boolean {
  const [first, ...rest] = items.data;
  return first !== undefined && rest.every(({ plan }) => isSameInterval(plan, first.plan));
}

/** Whether an item was moved to an interval that no item had. An added item has its own cycle, without a restart. */
function hasOtherInterval(before: SubscriptionItem[], after: SubscriptionItem[]): boolean {
  const isNew = ({ plan }: SubscriptionItem) => !before.some((item) => isSameInterval(item.plan, plan));
  const wasReplaced = before.some(({ id }) => !after.some((item) => item.id === id));
  return after.some((item) => isNew(item) && (wasReplaced || before.some(({ id }) => id === item.id)));
}
