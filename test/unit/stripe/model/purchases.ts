import type Stripe from "stripe";
import type { Action } from "./action.ts";
import { buildMetadata } from "./subscription-json.ts";
import type { Payment, Purchase } from "./truth.ts";
import { pick, type World } from "./world.ts";

type Do<Name extends Action["do"]> = Extract<Action, { do: Name }>;

/** The days from the payment until a pack expires, and the days of one pass. */
export const packDays = 20;
export const passDays = 5;

/** The most time from a session's creation to its completion. */
export const sessionSeconds = 86_400;

/** Buys a pack or a pass. A bank debit is only begun. */
export function buy(world: World, { kind, payment: method }: Do<"buy">): void {
  const debit = method === "debit";
  const payment: Payment = {
    id: world.id("pi"),
    amount: method === "free" ? 0 : 1_000,
    currency: "eur",
    invoiceId: null,
    refunds: [],
    disputes: [],
  };
  const purchase: Purchase = {
    sessionId: world.id("cs"),
    kind,
    payment,
    method,
    sessionCreatedAt: world.seconds - sessionSeconds + 3_600,
    begunAt: world.seconds,
    paidAt: debit ? null : world.seconds,
    isPending: debit,
  };
  world.truth.purchases.push(purchase);
  if (method === "card") world.truth.payments.push(payment);
  const status = { card: "paid", debit: "unpaid", free: "no_payment_required" }[method];
  emitSession(world, purchase, "checkout.session.completed", status);
}

export function clearDebit(world: World, { purchase: index, succeeds }: Do<"clear_debit">): void {
  const purchase = pick(
    world.truth.purchases.filter(({ isPending }) => isPending),
    index,
  );
  if (purchase === undefined) return;
  purchase.isPending = false;
  if (succeeds) {
    purchase.paidAt = world.seconds;
    world.truth.payments.push(purchase.payment);
    emitSession(world, purchase, "checkout.session.async_payment_succeeded", "paid");
  } else emitSession(world, purchase, "checkout.session.async_payment_failed", "unpaid");
}

function emitSession(world: World, purchase: Purchase, type: Stripe.Event["type"], status: string): void {
  const { sessionId, payment, kind, method } = purchase;
  world.emit(type, {
    id: sessionId,
    object: "checkout.session",
    payment_status: status,
    payment_intent: method === "free" ? null : payment.id,
    subscription: null,
    amount_total: payment.amount,
    currency: payment.currency,
    customer: "cus_1",
    metadata: buildMetadata(sessionId, kind === "usage_pack" ? "CREDITS" : "PASS"),
  });
}
