import { getSubscriptionId, hasEnded, updateStatusFromInvoice } from "./billing/collect.ts";
import { collectInvoice } from "./billing/invoices.ts";
import { resumeSubscription } from "./billing/pause.ts";
import { scheduleSubscription } from "./billing/schedule.ts";
import { addPaymentMethod } from "./billing/trial-end.ts";
import { type Context, openContext } from "./context.ts";
import { StripeApiError } from "./errors.ts";
import { button, formatMoney, htmlReply, link, page, sentence } from "./pay-page-html.ts";
import { parseScope } from "./scope.ts";
import type { StripeObjects } from "./wire.ts";

type Invoice = StripeObjects["invoice"];
type Portal = StripeObjects["billing_portal.session"];

interface HostedRequest {
  method: string;
  /** `invoice/in_…` or `portal/bps_…`. */
  path: string;
  form: string;
  now: number;
}

/** Serves the hosted page of an invoice, where anybody with its address can pay it, and the customer portal. */
export function handleHostedPage(
  storage: DurableObjectStorage,
  publicOrigin: string,
  { method, path, form, now }: HostedRequest,
): Response {
  const [kind, id = ""] = path.split("/");
  const type = kind === "invoice" ? "invoice" : "billing_portal.session";
  const [row] = storage.sql
    .exec<{ scope: string }>("SELECT scope FROM objects WHERE id = ? AND type = ?", id, type)
    .toArray();
  if (row === undefined) return htmlReply(404, page("Not found", sentence("There is no such page.")));
  if (method !== "GET" && method !== "POST")
    return htmlReply(405, page("No", sentence("This page takes GET and POST.")));
  const context = openContext(storage, publicOrigin, parseScope(row.scope), now);
  try {
    if (method === "POST") storage.transactionSync(() => act(context, type, id, new URLSearchParams(form)));
  } catch (error) {
    if (!(error instanceof StripeApiError)) throw error;
    return htmlReply(409, page("Not possible", sentence(error.message)));
  }
  const content =
    type === "invoice"
      ? showInvoice(context.objects.get("invoice", id))
      : showPortal(context, context.objects.get("billing_portal.session", id));
  return htmlReply(200, content);
}

function act(
  context: Context,
  type: "invoice" | "billing_portal.session",
  id: string,
  form: URLSearchParams,
): void {
  if (type === "invoice") {
    const invoice = context.objects.get("invoice", id);
    if (isOwed(invoice)) pay(context, invoice);
    return;
  }
  const session = context.objects.get("billing_portal.session", id);
  const subscriptions = listOpenSubscriptions(context, session);
  if (form.get("action") === "update_card") {
    for (const { id } of subscriptions) {
      addPaymentMethod(context, id);
      context.objects.writeNotes("subscription", id, { nextPayment: "succeed" });
    }
  }
  const paused = subscriptions.find(({ id }) => form.get("resume") === id);
  if (paused !== undefined) resumeSubscription(context, paused.id, "unchanged");
}

/** Pays with a card that works, whatever happens to the subscription's own payments. */
function pay(context: Context, invoice: Invoice): void {
  const paid = collectInvoice(context, invoice, "succeed");
  updateStatusFromInvoice(context, paid);
  const subscription = getSubscriptionId(paid);
  if (subscription !== null) scheduleSubscription(context, subscription);
}

function isOwed({ status }: Invoice): boolean {
  return status === "open" || status === "uncollectible";
}

function showInvoice(invoice: Invoice): string {
  const total = formatMoney(invoice.amount_remaining, invoice.currency);
  if (!isOwed(invoice)) return page("Invoice", sentence(`Invoice ${invoice.number} is ${invoice.status}.`));
  return page(
    "Invoice",
    sentence(`Invoice ${invoice.number}: ${total} to pay.`) + button("action", "pay", `Pay ${total}`),
  );
}

function showPortal(context: Context, session: Portal): string {
  const subscriptions = listOpenSubscriptions(context, session);
  const owed = context.objects
    .list("invoice", "", { fields: { customer: session.customer } })
    .data.filter(({ status }) => status === "open");
  const parts = [
    ...subscriptions.map(({ id, status }) => sentence(`Subscription ${id}: ${status}`)),
    ...subscriptions
      .filter(({ status }) => status === "paused")
      .map(({ id }) => button("resume", id, "Resume subscription")),
    ...owed.map(({ hosted_invoice_url: url, number }) => link(url ?? "", `Pay invoice ${number}`)),
    button("action", "update_card", "Update payment method"),
    session.return_url === null ? "" : link(session.return_url, "Back to the shop"),
  ];
  return page("Customer portal", parts.join(""));
}

function listOpenSubscriptions(context: Context, { customer }: Portal) {
  return context.objects
    .list("subscription", "", { fields: { customer } })
    .data.filter((subscription) => !hasEnded(subscription));
}
