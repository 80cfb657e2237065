import type { Context } from "../context.ts";
import { changeObject } from "../events.ts";
import { readSettings } from "../settings.ts";
import type { Invoice } from "./build-invoice.ts";
import type { Subscription } from "./build-subscription.ts";
import { cancelSubscription } from "./cancel.ts";
import { collectInvoice } from "./invoices.ts";
import { applyPendingUpdate } from "./pending-update.ts";

const daySeconds = 86_400;

/** Attempts to collect an open invoice, and updates its subscription. */
export function collectDue(context: Context, invoice: Invoice): Invoice {
  const subscription = getSubscriptionId(invoice);
  const { retryDays } = readSettings(context.storage, context.scope.accountId).dunning;
  const retries = subscription !== null && !waitsForUpdate(context, subscription, invoice);
  const days = retries ? retryDays[invoice.attempt_count] : undefined;
  const attempt =
    subscription === null ? "succeed" : context.objects.readNotes("subscription", subscription).nextPayment;
  const retryAt = days === undefined ? null : context.now + days * daySeconds;
  const collected = collectInvoice(context, invoice, attempt, retryAt);
  updateStatusFromInvoice(context, collected);
  return collected;
}

/** Updates the status of a subscription after its latest invoice changed. Older invoices have no effect. */
export function updateStatusFromInvoice(context: Context, invoice: Invoice): void {
  const id = getSubscriptionId(invoice);
  if (id === null) return;
  const before = context.objects.get("subscription", id);
  if (before.latest_invoice !== invoice.id || hasEnded(before)) return;
  if (waitsForUpdate(context, id, invoice) && invoice.status !== "paid") return;
  const subscription = applyPendingUpdate(context, before);
  const status = statusAfter(context, subscription, invoice);
  if (status === "canceled") cancelSubscription(context, subscription, "payment_failed");
  else
    changeObject(context, "customer.subscription.updated", subscription, {
      ...subscription,
      ...(status === "incomplete_expired" ? { ended_at: context.now } : {}),
      status,
    });
}

/** Whether a pending update waits for the invoice. Its failure changes nothing else. */
function waitsForUpdate(context: Context, id: string, invoice: Invoice): boolean {
  const { latest_invoice: latest, pending_update: update } = context.objects.get("subscription", id);
  return update !== null && latest === invoice.id;
}

export function hasEnded({ status }: Subscription): boolean {
  return status === "canceled" || status === "incomplete_expired";
}

export function getSubscriptionId(invoice: Invoice): string | null {
  const subscription = invoice.parent?.subscription_details?.subscription;
  return typeof subscription === "string" ? subscription : null;
}

function statusAfter(context: Context, subscription: Subscription, invoice: Invoice): Subscription["status"] {
  const { status } = subscription;
  // An invoice that is written off or void is no longer owed.
  if (invoice.status === "void" && status === "incomplete") return "incomplete_expired";
  if (invoice.status === "void" || invoice.status === "uncollectible")
    return status === "past_due" || status === "unpaid" ? "active" : status;
  if (invoice.status === "paid") return status === "trialing" ? "trialing" : "active";
  if (invoice.status !== "open" || status === "incomplete") return status;
  if (invoice.next_payment_attempt !== null) return "past_due";
  return invoice.attempt_count === 0
    ? status
    : readSettings(context.storage, context.scope.accountId).dunning.afterwards;
}
