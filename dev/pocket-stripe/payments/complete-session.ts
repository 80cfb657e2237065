import { startSubscription } from "../billing/start.ts";
import type { Context } from "../context.ts";
import { invalidRequest } from "../errors.ts";
import { emitEvent } from "../events.ts";
import { createCustomer } from "../resources/customers.ts";
import { clearTimer } from "../timers.ts";
import type { StripeObjects } from "../wire.ts";
import { countRedemption } from "./discounts.ts";
import { processPayment, startPayment, succeedPayment } from "./payment.ts";

type Session = StripeObjects["checkout.session"];

/** What the payer typed into the pay page. */
export interface Payer {
  email?: string | undefined;
  name?: string | undefined;
}

/**
 * Completes a session: `paid` at once, or `unpaid` while a bank debit is processing (see
 * `settleAsyncPayment`). `typed` is what the payer typed, used where session and customer have nothing.
 */
export function completeSession(
  context: Context,
  session: Session,
  outcome: "paid" | "unpaid",
  typed: Payer,
): Session {
  if (session.status !== "open") {
    throw invalidRequest(`This Checkout Session is ${session.status}, not open.`, { param: "session" });
  }
  clearTimer(context, session.id);
  const payer = identifyPayer(context, session, typed);
  const finish = session.mode === "subscription" ? completeSubscription : completePayment;
  const completed = finish(context, { ...session, ...payer, status: "complete", url: null }, outcome);
  context.objects.save(completed);
  emitEvent(context, "checkout.session.completed", completed);
  return completed;
}

function identifyPayer(
  context: Context,
  session: Session,
  typed: Payer,
): Pick<Session, "customer" | "customer_details"> {
  const known =
    typeof session.customer === "string"
      ? context.objects.get("customer", session.customer, "customer")
      : undefined;
  const email = known?.email ?? session.customer_email ?? typed.email ?? "payer@example.com";
  const name = known?.name ?? typed.name ?? "Pat Payer";
  // Stripe has no guests for an order without costs.
  const needsCustomer =
    session.mode === "subscription" ||
    session.customer_creation === "always" ||
    session.payment_status === "no_payment_required";
  const customer = known ?? (needsCustomer ? createCustomer(context, { email, name }) : null);
  return {
    customer: customer?.id ?? null,
    customer_details: {
      address: null,
      business_name: null,
      email,
      individual_name: null,
      name,
      phone: null,
      tax_exempt: "none",
      tax_ids: [],
    },
  };
}

function completePayment(context: Context, session: Session, outcome: "paid" | "unpaid"): Session {
  const { paymentMetadata, coupons = [] } = context.objects.readNotes("checkout.session", session.id);
  for (const coupon of coupons) countRedemption(context, coupon);
  if (session.payment_status === "no_payment_required") return session;
  const intent = startPayment(context, {
    amount: session.amount_total ?? 0,
    currency: session.currency ?? "usd",
    customer: typeof session.customer === "string" ? session.customer : null,
    email: session.customer_details?.email ?? null,
    metadata: paymentMetadata,
    description: null,
    method: outcome === "paid" ? "card" : "sepa_debit",
  });
  if (outcome === "paid") succeedPayment(context, intent);
  else processPayment(context, intent);
  return { ...session, payment_intent: intent.id, payment_status: outcome };
}

function completeSubscription(context: Context, session: Session, outcome: "paid" | "unpaid"): Session {
  const notes = context.objects.readNotes("checkout.session", session.id);
  const { subscriptionMetadata, trialDays, coupons = [] } = notes;
  const items = context.objects
    .list("item", "", { parent: session.id })
    .data.flatMap(({ price, quantity }) => (price === null ? [] : [{ price, quantity: quantity ?? 1 }]));
  const subscription = startSubscription(context, {
    customer: context.objects.get("customer", String(session.customer)),
    items,
    metadata: subscriptionMetadata,
    trialDays,
    coupons: coupons.map((id) => context.objects.get("coupon", id)),
    attempt: outcome === "paid" ? "succeed" : "processing",
  });
  const due = session.payment_status !== "no_payment_required";
  return {
    ...session,
    subscription: subscription.id,
    invoice: subscription.invoice,
    payment_status: due ? outcome : "no_payment_required",
  };
}
