import type { Dispute, PurchaseKind, Refund } from "./truth.ts";

/** How the invoice of a change or a period is settled. A total of 0 or less is always paid. */
export type Outcome = "paid" | "failed" | "open";

/**
 * Who pays an invoice: the customer, a coupon for the whole or half of it, or the customer's credit balance.
 * A coupon and the credit balance leave nothing to be paid. `out_of_band`: the shop marked the invoice as paid.
 */
export type Funding = "money" | "coupon" | "half_coupon" | "credit_balance" | "out_of_band";

export interface Settlement {
  outcome: Outcome;
  funding: Funding;
  /** The number of payments: 1 to 3. */
  payments: number;
}

/** How a change of an item is invoiced: with the next invoice, at once, or not at all. */
export type Proration = "pending" | "now" | "none";

export interface ItemChange extends Settlement {
  proration: Proration;
}

/** A change that is made and taken back, or made twice, within one second. */
export type Flip =
  | "collection"
  | "cancel_at"
  | "cancel_at_period_end"
  | "price"
  | "quantity"
  | "pause"
  | "item";

/**
 * A step of a history. An index counts from the newest object, and wraps around, so that each index finds
 * one. A step without an object, or against Stripe's rules in the present state, changes nothing.
 */
export type Action =
  | { do: "wait"; seconds: number }
  | { do: "buy"; kind: PurchaseKind; payment: "card" | "debit" | "free" }
  | { do: "clear_debit"; purchase: number; succeeds: boolean }
  | { do: "subscribe"; start: Start; price: string; quantity: number; addOns: string[]; sold: boolean }
  | ({ do: "renew"; on: number; oneOff: boolean } & Settlement)
  | ({ do: "settle"; on: number } & Settlement)
  | ({ do: "price"; on: number; item: number; price: string } & ItemChange)
  | ({ do: "quantity"; on: number; item: number; quantity: number } & ItemChange)
  | ({ do: "add_item"; on: number; price: string; quantity: number } & ItemChange)
  | { do: "add_many_items"; on: number; count: number }
  | ({ do: "remove_item"; on: number; item: number } & ItemChange)
  | ({ do: "swap"; on: number; prices: string[] } & ItemChange)
  | ({ do: "pending_update"; on: number; price: string } & ItemChange)
  | { do: "void"; on: number }
  | { do: "cancel_at_period_end"; on: number; value: boolean }
  | { do: "cancel_at"; on: number; days: number | null }
  | { do: "cancel"; on: number }
  | { do: "dunning"; on: number; to: "unpaid" | "canceled" }
  | { do: "collection"; on: number; paused: boolean }
  | { do: "pause"; on: number; value: boolean }
  | { do: "burst"; on: number; flips: Flip[]; back: boolean }
  | { do: "stray"; on: number; later: boolean }
  | { do: "refund"; payment: number; percent: number; currency: string; status: Refund["status"] }
  | { do: "finish_refund"; refund: number; status: "succeeded" | "failed" }
  | { do: "dispute"; payment: number; percent: number; currency: string; status: Dispute["status"] }
  | { do: "resolve"; dispute: number; status: "under_review" | "won" | "lost" }
  | { do: "operator"; on: number; type: "revoke" | "lift_holds" };

/** The begin of a subscription: its first invoice is paid, a trial, covered by a coupon, or not paid. */
export type Start = "paid" | "trial" | "coupon" | "unpaid";
