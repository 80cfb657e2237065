import type { Context } from "../context.ts";
import { invalidRequest } from "../errors.ts";
import { emitEvent } from "../events.ts";
import type { StripeObjects } from "../wire.ts";
import { failPayment, succeedPayment } from "./payment.ts";

/** The bank has answered for a payment that was under way, days after its session was completed. */
export function settleAsyncPayment(
  context: Context,
  intent: StripeObjects["payment_intent"],
  outcome: "succeeded" | "failed",
): StripeObjects["payment_intent"] {
  if (intent.status !== "processing") {
    throw invalidRequest(`${intent.id} is ${intent.status}, not processing.`, { param: "payment_intent" });
  }
  const settled = outcome === "succeeded" ? succeedPayment(context, intent) : failPayment(context, intent);
  const [session] = context.objects.list("checkout.session", "/v1/checkout/sessions", {
    fields: { payment_intent: intent.id },
  }).data;
  if (session === undefined) return settled;
  if (outcome === "failed") {
    emitEvent(context, "checkout.session.async_payment_failed", session);
    return settled;
  }
  const paid: StripeObjects["checkout.session"] = { ...session, payment_status: "paid" };
  context.objects.save(paid);
  emitEvent(context, "checkout.session.async_payment_succeeded", paid);
  return settled;
}
