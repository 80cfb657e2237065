import type { Context } from "../context.ts";
import { changeObject, emitEvent } from "../events.ts";
import { newId } from "../ids.ts";
import type { StripeObjects } from "../wire.ts";
import { recordBalance } from "./balance-transaction.ts";
import { buildCharge, type PaymentMethodType } from "./build-charge.ts";

type PaymentIntent = StripeObjects["payment_intent"];

export interface PaymentOrder {
  amount: number;
  currency: string;
  customer: string | null;
  email: string | null;
  metadata: Record<string, string>;
  description: string | null;
  method: PaymentMethodType;
}

/** Creates a payment intent without an attempt. One of the functions below follows. */
export function startPayment(context: Context, order: PaymentOrder): PaymentIntent {
  const id = newId("pi");
  const intent: PaymentIntent = {
    id,
    object: "payment_intent",
    allowed_payment_method_types: null,
    amount: order.amount,
    amount_capturable: 0,
    amount_details: { tip: {} },
    amount_received: 0,
    application: null,
    application_fee_amount: null,
    automatic_payment_methods: null,
    canceled_at: null,
    cancellation_reason: null,
    capture_method: "automatic_async",
    client_secret: newId(`${id}_secret`, 25),
    confirmation_method: "automatic",
    created: context.now,
    currency: order.currency,
    customer: order.customer,
    customer_account: null,
    description: order.description,
    excluded_payment_method_types: null,
    last_payment_error: null,
    latest_charge: null,
    livemode: context.scope.livemode,
    managed_payments: null,
    metadata: order.metadata,
    next_action: null,
    on_behalf_of: null,
    payment_method: newId("pm"),
    payment_method_configuration_details: null,
    payment_method_options: {},
    payment_method_types: [order.method],
    payment_record: null,
    processing: null,
    receipt_email: order.email,
    review: null,
    setup_future_usage: null,
    shipping: null,
    source: null,
    statement_descriptor: null,
    statement_descriptor_suffix: null,
    status: "requires_confirmation",
    transfer_data: null,
    transfer_group: null,
  };
  context.objects.insert(intent, { created: context.now });
  emitEvent(context, "payment_intent.created", intent);
  return intent;
}

/** Starts a bank debit, which succeeds or fails days later. */
export function processPayment(context: Context, intent: PaymentIntent): PaymentIntent {
  const charge = buildCharge(context, intent, getMethod(intent), "pending");
  context.objects.insert(charge, { created: context.now });
  const processing: PaymentIntent = { ...intent, status: "processing", latest_charge: charge.id };
  context.objects.save(processing);
  emitEvent(context, "charge.pending", charge);
  emitEvent(context, "payment_intent.processing", processing);
  return processing;
}

export function succeedPayment(context: Context, waiting: PaymentIntent): PaymentIntent {
  const intent = withMethod(waiting);
  const charge = finishCharge(context, intent, "succeeded");
  const succeeded: PaymentIntent = {
    ...intent,
    status: "succeeded",
    amount_received: intent.amount,
    last_payment_error: null,
    latest_charge: charge.id,
  };
  context.objects.save(succeeded);
  emitEvent(context, "charge.succeeded", charge);
  emitEvent(context, "payment_intent.succeeded", succeeded);
  // Capture is asynchronous: the two events above lack the balance transaction, and this one has it.
  const { id } = recordBalance(context, "charge", charge);
  changeObject(context, "charge.updated", charge, { ...charge, balance_transaction: id });
  return succeeded;
}

/** Fails an attempt. The payment intent then waits for another payment method. */
export function failPayment(context: Context, waiting: PaymentIntent): PaymentIntent {
  const intent = withMethod(waiting);
  const charge = finishCharge(context, intent, "failed");
  const failed: PaymentIntent = {
    ...intent,
    status: "requires_payment_method",
    latest_charge: charge.id,
    payment_method: null,
    last_payment_error: {
      charge: charge.id,
      code: "card_declined",
      decline_code: "generic_decline",
      message: "Your card was declined.",
      type: "card_error",
    },
  };
  context.objects.save(failed);
  emitEvent(context, "charge.failed", charge);
  emitEvent(context, "payment_intent.payment_failed", failed);
  return failed;
}

/** Adds a payment method, since a failed attempt removes it. */
function withMethod(intent: PaymentIntent): PaymentIntent {
  return { ...intent, payment_method: intent.payment_method ?? newId("pm") };
}

/** Sets the outcome of the pending charge. Without one, creates a new charge for the attempt. */
function finishCharge(
  context: Context,
  intent: PaymentIntent,
  status: "succeeded" | "failed",
): StripeObjects["charge"] {
  const outcome = buildCharge(context, intent, getMethod(intent), status);
  if (intent.status !== "processing" || typeof intent.latest_charge !== "string") {
    context.objects.insert(outcome, { created: context.now });
    return outcome;
  }
  const pending = context.objects.get("charge", intent.latest_charge);
  const finished = { ...outcome, id: pending.id, created: pending.created };
  context.objects.save(finished);
  return finished;
}

function getMethod(intent: PaymentIntent): PaymentMethodType {
  return intent.payment_method_types.includes("card") ? "card" : "sepa_debit";
}
