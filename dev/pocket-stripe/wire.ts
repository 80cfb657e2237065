import type Stripe from "stripe";

/**
 * An SDK type in its JSON form. Decimals are strings in JSON, and the SDK parses them to `Decimal`.
 *
 * All objects here have these types. An SDK upgrade that adds or renames a field therefore fails to
 * compile.
 */
export type Wire<T> = T extends string | number | boolean | null | undefined
  ? T
  : T extends Stripe.Decimal
    ? string
    : T extends readonly (infer Item)[]
      ? Wire<Item>[]
      : { [K in keyof T]: Wire<T[K]> };

/**
 * The version of the installed SDK; the type accepts no other. All objects have the shape of this version.
 */
export const apiVersion: Stripe.LatestApiVersion = "2026-10-28.endive";

/** An event of any type. `emitEvent` checks that type and object match. */
export type StoredEvent = Wire<Omit<Stripe.EventBase, "data" | "type">> & {
  type: string;
  data: { object: JsonObject; previous_attributes?: JsonObject };
};

/** Stored objects by the name that Stripe puts in `object`. */
export interface StripeObjects {
  product: Wire<Stripe.Product>;
  price: Wire<Stripe.Price>;
  customer: Wire<Stripe.Customer>;
  "checkout.session": Wire<Stripe.Checkout.Session>;
  item: Wire<Stripe.LineItem>;
  payment_intent: Wire<Stripe.PaymentIntent>;
  charge: Wire<Stripe.Charge>;
  balance_transaction: Wire<Stripe.BalanceTransaction>;
  coupon: Wire<Stripe.Coupon>;
  discount: Wire<Stripe.Discount>;
  subscription: Wire<Stripe.Subscription>;
  invoice: Wire<Stripe.Invoice>;
  invoice_payment: Wire<Stripe.InvoicePayment>;
  invoiceitem: Wire<Stripe.InvoiceItem>;
  refund: Wire<Stripe.Refund>;
  dispute: Wire<Stripe.Dispute>;
  "billing_portal.session": Wire<Stripe.BillingPortal.Session>;
  webhook_endpoint: Wire<Stripe.WebhookEndpoint>;
  event: StoredEvent;
}

export type ObjectName = keyof StripeObjects;

export type Json = string | number | boolean | null | Json[] | JsonObject;
export interface JsonObject {
  [key: string]: Json;
}

/** The result of an API call: a list, a deleted object, or an object. It is serialized immediately. */
export type ApiObject = { object: string };
