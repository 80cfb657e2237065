import type { Context } from "../context.ts";
import { newId } from "../ids.ts";
import type { StripeObjects } from "../wire.ts";

type Charge = StripeObjects["charge"];

/** A card settles at once, a bank debit days later. */
export type PaymentMethodType = "card" | "sepa_debit";

const card: NonNullable<Charge["payment_method_details"]> = {
  type: "card",
  card: {
    amount_authorized: null,
    authorization_code: null,
    brand: "visa",
    checks: { address_line1_check: null, address_postal_code_check: null, cvc_check: "pass" },
    country: "US",
    electronic_commerce_indicator: null,
    exp_month: 12,
    exp_year: 2034,
    fingerprint: "pocketVisa424242",
    funding: "credit",
    installments: null,
    last4: "4242",
    mandate: null,
    network: "visa",
    network_transaction_id: null,
    regulated_status: "unregulated",
    three_d_secure: null,
    transaction_link_id: null,
    wallet: null,
  },
};

const bankDebit: NonNullable<Charge["payment_method_details"]> = {
  type: "sepa_debit",
  sepa_debit: {
    bank_code: "37040044",
    branch_code: null,
    country: "DE",
    fingerprint: "pocketDebit3000",
    last4: "3000",
    mandate: null,
  },
};

export function buildCharge(
  context: Context,
  intent: StripeObjects["payment_intent"],
  method: PaymentMethodType,
  status: "succeeded" | "pending" | "failed",
): Charge {
  const failed = status === "failed";
  return {
    id: newId("ch"),
    object: "charge",
    amount: intent.amount,
    amount_captured: failed ? 0 : intent.amount,
    amount_refunded: 0,
    application: null,
    application_fee: null,
    application_fee_amount: null,
    balance_transaction: null,
    billing_details: { address: null, email: intent.receipt_email, name: null, phone: null, tax_id: null },
    calculated_statement_descriptor: "POCKET STRIPE",
    captured: !failed,
    created: context.now,
    currency: intent.currency,
    customer: intent.customer,
    description: intent.description,
    disputed: false,
    failure_balance_transaction: null,
    failure_code: failed ? "card_declined" : null,
    failure_message: failed ? "Your card was declined." : null,
    fraud_details: {},
    livemode: context.scope.livemode,
    metadata: intent.metadata,
    on_behalf_of: null,
    outcome: {
      advice_code: null,
      network_advice_code: null,
      network_decline_code: failed ? "05" : null,
      network_status: failed ? "declined_by_network" : "approved_by_network",
      reason: failed ? "generic_decline" : null,
      risk_level: "normal",
      seller_message: failed
        ? "The bank did not return any further details with this decline."
        : "Payment complete.",
      type: failed ? "issuer_declined" : "authorized",
    },
    paid: status === "succeeded",
    payment_intent: intent.id,
    payment_method: typeof intent.payment_method === "string" ? intent.payment_method : null,
    payment_method_details: method === "card" ? card : bankDebit,
    receipt_email: null,
    receipt_number: null,
    receipt_url: null,
    refunded: false,
    review: null,
    shipping: null,
    source: null,
    source_transfer: null,
    statement_descriptor: null,
    statement_descriptor_suffix: null,
    status,
    transfer_data: null,
    transfer_group: null,
  };
}
