import type Stripe from "stripe";
import type { Action } from "./action.ts";
import { buildMetadata } from "./subscription-json.ts";
import type { Payment, Purchase } from "./truth.ts";
import { pick, type World } from "./world.ts";

type Do<Name extends Action["do"]> = Extract<Action, { do: Name }>;

/** The days from the payment until a pack expires, and the days of one pass. */
export const packDays = 20;
export const passDays = 5;

/** Buys a pack or a pass. A bank debit is only begun. */
export function buy(world: World, { kind, debit }: Do<"buy">): void {
  const payment: Payment = {
    id: world.id("pi"),
    amount: 1_000,
    currency: "eur",
    invoiceId: null,
    refunds: [],
    disputes: [],
  };
  const purchase: Purchase = {
    sessionId: world.id("cs"),
    kind,
    payment,
    paidAt: debit ? null : world.seconds,
    isPending: debit,
  };
  world.truth.purchases.push(purchase);
  if (!debit) world.truth.payments.push(payment);
  emitSession(world, purchase, "checkout.session.completed", debit ? "unpaid" : "paid");
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
  const { sessionId, payment, kind } = purchase;
  world.emit(type, {
    id: sessionId,
    object: "checkout.session",
    payment_status: status,
    payment_intent: payment.id,
    subscription: null,
    amount_total: payment.amount,
    currency: payment.currency,
    customer: "cus_1",
    metadata: buildMetadata(sessionId, kind === "usage_pack" ? "CREDITS" : "PASS"),
  });
}
