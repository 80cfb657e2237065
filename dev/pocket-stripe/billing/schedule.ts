import type { Context } from "../context.ts";
import { clearTimer, setTimer } from "../timers.ts";
import type { Subscription } from "./build-subscription.ts";
import { firstPeriodEnd } from "./cancellation.ts";
import { hasEnded } from "./collect.ts";
import { findPayment, listInvoicesOf } from "./invoices.ts";

/** Stripe allows 23 hours for a first payment. */
const incompleteForSeconds = 23 * 3_600;

/** The next time at which a subscription needs work, and the kind of work. */
export type Moment =
  | { at: number; due: "retry" | "finalize" | "give_up"; invoice: string }
  | { at: number; due: "resume_collection" | "expire_update" | "cancel" | "period_end" };

/** Lists the moments of a subscription. Of equal times, the first comes first. */
export function listMoments(context: Context, id: string): Moment[] {
  const subscription = context.objects.get("subscription", id);
  if (hasEnded(subscription)) return [];
  if (subscription.status === "incomplete") return listIncompleteMoments(context, subscription);
  const { cancel_at, items, pause_collection: pause, pending_update: update } = subscription;
  const moments: Moment[] = [];
  const add = (at: number | null | undefined, due: Exclude<Moment, { invoice: string }>["due"]) => {
    if (typeof at === "number") moments.push({ at, due });
  };
  if (subscription.status !== "paused") moments.push(...listInvoiceMoments(context, id));
  add(update?.expires_at, "expire_update");
  add(cancel_at, "cancel");
  if (subscription.status === "paused") return moments;
  add(pause?.resumes_at, "resume_collection");
  add(firstPeriodEnd(items.data), "period_end");
  return moments;
}

export function scheduleSubscription(context: Context, id: string): void {
  const moments = listMoments(context, id).map(({ at }) => at);
  if (moments.length === 0) clearTimer(context, id);
  else setTimer(context, "subscription", id, Math.min(...moments));
}

function listInvoiceMoments(context: Context, id: string): Moment[] {
  return listInvoicesOf(context, id).flatMap((invoice): Moment[] => {
    const { status, next_payment_attempt: retry, automatically_finalizes_at: finalize } = invoice;
    if (status === "open" && retry !== null) return [{ at: retry, due: "retry", invoice: invoice.id }];
    if (status === "draft" && finalize !== null)
      return [{ at: finalize, due: "finalize", invoice: invoice.id }];
    return [];
  });
}

function listIncompleteMoments(
  context: Context,
  { latest_invoice: latest, created }: Subscription,
): Moment[] {
  const invoice = context.objects.get("invoice", String(latest));
  const intent = findPayment(context, invoice)?.payment.payment_intent;
  const isProcessing =
    typeof intent === "string" && context.objects.get("payment_intent", intent).status === "processing";
  return isProcessing ? [] : [{ at: created + incompleteForSeconds, due: "give_up", invoice: invoice.id }];
}
