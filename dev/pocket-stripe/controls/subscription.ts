import { z } from "zod";
import { cancelSubscription } from "../billing/cancel.ts";
import { hasEnded } from "../billing/collect.ts";
import { pauseSubscription, resumeSubscription } from "../billing/pause.ts";
import { addPaymentMethod, removePaymentMethod } from "../billing/trial-end.ts";
import { type SubscriptionChange, updateSubscription } from "../billing/update.ts";
import type { Context } from "../context.ts";
import { invalidRequest } from "../errors.ts";
import { newId } from "../ids.ts";
import { type Control, openObjectContext, readBody } from "./control.ts";

const body = z.union(
  [
    // Stays in effect until it is changed, since dunning fails several times.
    z.strictObject({ next_payment: z.enum(["fail", "succeed"]) }),
    // `null` reverts a cancellation at period end.
    z.strictObject({ cancel: z.enum(["now", "at_period_end"]).nullable() }),
    // `scheduled`: a subscription schedule ends it, not a call to the API.
    z.strictObject({ cancel_at: z.int().nullable(), scheduled: z.literal(true).optional() }),
    z.strictObject({ pause: z.boolean() }),
    // Without `proration`, nothing is credited: another interval is billed in full at once.
    z.strictObject({
      price: z.string(),
      proration: z.enum(["create_prorations", "always_invoice", "none"]).optional(),
    }),
    // Starts and bills the next period now, without moving the clock.
    z.strictObject({ renew: z.literal("now") }),
    // Sets what follows when the trial ends, and removes the payment method.
    z.strictObject({ missing_payment_method: z.enum(["cancel", "create_invoice", "pause"]) }),
  ],
  "Send one of next_payment, cancel, cancel_at, pause, price, renew and missing_payment_method",
);

type Body = z.infer<typeof body>;

export const controlSubscription: Control = (world, json, id) => {
  const change = readBody(body, json);
  const context = openObjectContext(world, "subscription", id);
  apply(context, id, change);
  return { reply: { subscription: context.objects.get("subscription", id) } };
};

function apply(context: Context, id: string, change: Body): void {
  if ("next_payment" in change) {
    if (change.next_payment === "succeed") addPaymentMethod(context, id);
    context.objects.writeNotes("subscription", id, { nextPayment: change.next_payment });
  } else if ("pause" in change) {
    if (change.pause) pauseSubscription(context, id);
    else resumeSubscription(context, id, "unchanged");
  } else if ("renew" in change) {
    update(context, id, { restartCycle: true });
  } else if ("price" in change) {
    const [item] = context.objects.get("subscription", id).items.data;
    const items = [{ id: item?.id, price: change.price, quantity: undefined, deleted: false }];
    update(context, id, { items }, change.proration);
  } else if ("cancel_at" in change) {
    const schedule = change.scheduled && change.cancel_at !== null ? newId("sub_sched") : null;
    update(context, id, { cancelAt: change.cancel_at, schedule });
  } else if ("missing_payment_method" in change) {
    removePaymentMethod(context, id, change.missing_payment_method);
    context.objects.writeNotes("subscription", id, { nextPayment: "fail" });
  } else {
    cancel(context, id, change.cancel);
  }
}

function update(
  context: Context,
  id: string,
  change: Omit<SubscriptionChange, "proration" | "payment">,
  proration: SubscriptionChange["proration"] = "none",
): void {
  updateSubscription(context, id, { ...change, proration, payment: "allow_incomplete" });
}

function cancel(context: Context, id: string, when: "now" | "at_period_end" | null): void {
  if (when !== "now") {
    update(context, id, { cancelAtPeriodEnd: when === "at_period_end" });
    return;
  }
  const subscription = context.objects.get("subscription", id);
  if (hasEnded(subscription)) throw invalidRequest(`${id} is ${subscription.status} already.`);
  cancelSubscription(context, subscription, "cancellation_requested");
}
