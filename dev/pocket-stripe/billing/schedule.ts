import type { Context } from "../context.ts";
import { clearTimer, setTimer } from "../timers.ts";
import { hasEnded } from "./collect.ts";
import { findPayment } from "./invoices.ts";

/** Stripe allows 23 hours for a first payment. */
const incompleteForSeconds = 23 * 3_600;

export type Due = "retry" | "finalize" | "resume_collection" | "period_end" | "give_up";

/** Returns the next times at which a subscription needs work, and the kind of work. Times may be equal. */
export function listMoments(context: Context, id: string): { at: number; due: Due }[] {
  const subscription = context.objects.get("subscription", id);
  const { status, latest_invoice: latest, items, pause_collection: pause } = subscription;
  if (hasEnded(subscription) || status === "paused") return [];
  const invoice = typeof latest === "string" ? context.objects.find("invoice", latest) : undefined;
  if (status === "incomplete") {
    const intent = invoice && findPayment(context, invoice)?.payment.payment_intent;
    const isProcessing =
      typeof intent === "string" && context.objects.get("payment_intent", intent).status === "processing";
    return isProcessing ? [] : [{ at: subscription.created + incompleteForSeconds, due: "give_up" }];
  }
  const moments: { at: number | null | undefined; due: Due }[] = [
    { at: invoice?.status === "open" ? invoice.next_payment_attempt : null, due: "retry" },
    { at: invoice?.status === "draft" ? invoice.automatically_finalizes_at : null, due: "finalize" },
    { at: pause?.resumes_at, due: "resume_collection" },
    { at: items.data[0]?.current_period_end, due: "period_end" },
  ];
  return moments.filter((moment): moment is { at: number; due: Due } => typeof moment.at === "number");
}

export function scheduleSubscription(context: Context, id: string): void {
  const moments = listMoments(context, id).map(({ at }) => at);
  if (moments.length === 0) clearTimer(context, id);
  else setTimer(context, "subscription", id, Math.min(...moments));
}
