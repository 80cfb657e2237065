import type Stripe from "stripe";

/**
 * An SDK type as it travels: decimals are strings in JSON, the SDK makes `Decimal`s of them when it reads an answer.
 * All objects here are of these types, so that an upgrade of the SDK which adds or renames a field doesn't compile.
 */
export type Wire<T> = T extends string | number | boolean | null | undefined
  ? T
  : T extends Stripe.Decimal
    ? string
    : T extends readonly (infer Item)[]
      ? Wire<Item>[]
      : { [K in keyof T]: Wire<T[K]> };

/** Of the SDK that is installed; the type refuses any other. Every object is built in the shape of this version. */
export const apiVersion: Stripe.LatestApiVersion = "2026-10-28.endive";

/** An event of any type. `emitEvent` checks type and object against each other. */
export type StoredEvent = Wire<Omit<Stripe.EventBase, "data" | "type">> & {
  type: string;
  data: { object: JsonObject; previous_attributes?: JsonObject };
};

/** What is stored as an object of its own, by the name that Stripe gives it in `object`. */
export interface StripeObjects {
  product: Wire<Stripe.Product>;
  price: Wire<Stripe.Price>;
  customer: Wire<Stripe.Customer>;
  "checkout.session": Wire<Stripe.Checkout.Session>;
  item: Wire<Stripe.LineItem>;
  payment_intent: Wire<Stripe.PaymentIntent>;
  charge: Wire<Stripe.Charge>;
  subscription: Wire<Stripe.Subscription>;
  invoice: Wire<Stripe.Invoice>;
  invoice_payment: Wire<Stripe.InvoicePayment>;
  refund: Wire<Stripe.Refund>;
  dispute: Wire<Stripe.Dispute>;
  webhook_endpoint: Wire<Stripe.WebhookEndpoint>;
  event: StoredEvent;
}

export type ObjectName = keyof StripeObjects;

export type Json = string | number | boolean | null | Json[] | JsonObject;
export interface JsonObject {
  [key: string]: Json;
}

/** What an API call answers: a list, a deleted object, or one of the objects. Written out as JSON right after. */
export type ApiObject = { object: string };
