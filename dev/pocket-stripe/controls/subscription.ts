import { z } from "zod";
import { cancelSubscription } from "../billing/cancel.ts";
import { hasEnded } from "../billing/collect.ts";
import { pauseSubscription, resumeSubscription } from "../billing/pause.ts";
import { updateSubscription } from "../billing/update.ts";
import type { Context } from "../context.ts";
import { invalidRequest } from "../errors.ts";
import { type Control, openObjectContext, readBody } from "./control.ts";

const body = z.union(
  [
    // Stays in effect until it is changed, since dunning fails several times.
    z.strictObject({ next_payment: z.enum(["fail", "succeed"]) }),
    // `null` reverts a cancellation at period end.
    z.strictObject({ cancel: z.enum(["now", "at_period_end"]).nullable() }),
    z.strictObject({ pause: z.boolean() }),
    z.strictObject({ price: z.string() }),
    // Starts and bills the next period now, without moving the clock.
    z.strictObject({ renew: z.literal("now") }),
  ],
  "Send one of next_payment, cancel, pause, price and renew",
);

export const controlSubscription: Control = (world, json, id) => {
  const change = readBody(body, json);
  const context = openObjectContext(world, "subscription", id);
  if ("next_payment" in change) {
    context.objects.writeNotes("subscription", id, { nextPayment: change.next_payment });
  } else if ("pause" in change) {
    if (change.pause) pauseSubscription(context, id);
    else resumeSubscription(context, id, "unchanged");
  } else if ("renew" in change) {
    updateSubscription(context, id, { restartCycle: true });
  } else if ("price" in change) {
    const [item] = context.objects.get("subscription", id).items.data;
    const items = [{ id: item?.id, price: change.price, quantity: undefined, deleted: false }];
    updateSubscription(context, id, { items });
  } else {
    cancel(context, id, change.cancel);
  }
  return { reply: { subscription: context.objects.get("subscription", id) } };
};

function cancel(context: Context, id: string, when: "now" | "at_period_end" | null): void {
  if (when !== "now") {
    updateSubscription(context, id, { cancelAtPeriodEnd: when === "at_period_end" });
    return;
  }
  const subscription = context.objects.get("subscription", id);
  if (hasEnded(subscription)) throw invalidRequest(`${id} is ${subscription.status} already.`);
  cancelSubscription(context, subscription, "cancellation_requested");
}
