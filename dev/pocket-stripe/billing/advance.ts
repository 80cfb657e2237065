import type { Context } from "../context.ts";
import { changeObject } from "../events.ts";
import type { Subscription } from "./build-subscription.ts";
import { cancelSubscription } from "./cancel.ts";
import { collectDue } from "./collect.ts";
import { finalizeInvoice, markUncollectible, voidInvoice } from "./invoices.ts";
import { expirePendingUpdate } from "./pending-update.ts";
import { renewSubscription } from "./renew.ts";
import { listMoments, type Moment, scheduleSubscription } from "./schedule.ts";
import { endsWithoutPaymentMethod, endTrial } from "./trial-end.ts";

/** Processes the earliest due moment of a subscription: a period end, an invoice or a retry. */
export function advanceSubscription(context: Context, id: string): void {
  const [moment] = listMoments(context, id)
    .filter(({ at }) => at <= context.now)
    .sort((a, b) => a.at - b.at);
  if (moment !== undefined) act(context, context.objects.get("subscription", id), moment);
  scheduleSubscription(context, id);
}

function act(context: Context, subscription: Subscription, moment: Moment): void {
  switch (moment.due) {
    case "retry":
      collectDue(context, context.objects.get("invoice", moment.invoice));
      return;
    case "finalize":
      finalizeDue(context, subscription, moment.invoice);
      return;
    case "resume_collection":
      changeObject(context, "customer.subscription.updated", subscription, {
        ...subscription,
        pause_collection: null,
      });
      return;
    case "expire_update":
      expirePendingUpdate(context, subscription);
      return;
    case "cancel":
      cancelSubscription(context, subscription, "cancellation_requested");
      return;
    case "period_end":
      if (endsWithoutPaymentMethod(subscription)) endTrial(context, subscription);
      else renewSubscription(context, subscription);
      return;
    case "give_up":
      voidInvoice(context, context.objects.get("invoice", moment.invoice));
      changeObject(context, "customer.subscription.updated", subscription, {
        ...subscription,
        ended_at: context.now,
        status: "incomplete_expired",
      });
      return;
  }
}

function finalizeDue(context: Context, subscription: Subscription, draft: string): void {
  const invoice = finalizeInvoice(context, context.objects.get("invoice", draft));
  switch (subscription.pause_collection?.behavior) {
    case "void":
      voidInvoice(context, invoice);
      return;
    case "mark_uncollectible":
      markUncollectible(context, invoice);
      return;
    default:
      collectDue(context, invoice);
  }
}
