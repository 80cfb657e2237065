import type { Action } from "../model/action.ts";
import {
  addItem,
  changePrice,
  changeQuantity,
  dispute,
  refund,
  removeItem,
  renew,
  resolve,
  settle,
  subscribe,
  swap,
  wait,
} from "../model/steps.ts";
import type { Example } from "./example.ts";

/** When a refund or a dispute denies, and when it no longer does. */
export const holdExamples: Record<string, Example> = {
  "a refunded month denies until the next one is paid": {
    history: [subscribe(), wait(1), refund(), renew({ outcome: "open" }), wait(1)],
    products: { PRO: "payment_refunded" },
  },
  "a refunded month has no effect once the next one is paid": {
    history: [subscribe(), wait(1), refund(), renew(), wait(1)],
    products: { PRO: "allowed" },
  },
  "the refund of an earlier month does not deny before the payment of a renewal arrives": {
    history: [
      subscribe(),
      renew(),
      wait(1),
      refund(100, { payment: 1 }),
      renew({ outcome: "open" }),
      wait(1),
    ],
    products: { PRO: "allowed" },
  },
  "a renewal that is free lifts no hold": {
    history: [
      subscribe(),
      wait(1),
      dispute(),
      renew({ funding: "coupon" }),
      renew({ funding: "credit_balance" }),
    ],
    products: { PRO: "payment_disputed" },
  },
  "a renewal that was paid outside of Stripe lifts a hold": {
    history: [subscribe(), wait(1), refund(), renew({ funding: "out_of_band" })],
    products: { PRO: "allowed" },
  },
  "a refunded year is no obstacle while a monthly item of its product is paid": {
    history: [
      subscribe({ price: "price_pro_year" }),
      wait(1),
      addItem("price_pro"),
      wait(1),
      refund(100, { payment: 1 }),
      renew(),
      wait(1),
    ],
    shape: "current",
    products: { PRO: "allowed" },
  },
  "a refunded year denies after the last paid month of another item": {
    history: [
      subscribe({ price: "price_pro_year" }),
      wait(1),
      addItem("price_pro"),
      wait(1),
      removeItem(0),
      refund(100, { payment: 1 }),
    ],
    shape: "current",
    daysLater: 40,
    products: { PRO: "payment_refunded" },
  },
  "a refunded year is no obstacle to the months that were paid after it was removed": {
    history: [
      subscribe({ price: "price_pro_year" }),
      wait(1),
      addItem("price_pro"),
      wait(1),
      removeItem(1),
      refund(100, { payment: 1 }),
      renew({ outcome: "open" }),
      wait(1),
    ],
    shape: "current",
    products: { PRO: "allowed" },
  },
  "a free year lifts the hold of an extra that was refunded": {
    history: [
      subscribe({ start: "coupon", price: "price_pro_year" }),
      wait(10),
      changeQuantity(2),
      wait(1),
      refund(),
    ],
    products: { PRO: "allowed" },
  },
  "a trial lifts no hold": {
    history: [subscribe({ start: "trial" }), renew(), wait(1), refund()],
    products: { PRO: "payment_refunded" },
  },
  "a payment of a past-due month shows the refund as the reason when it is refunded": {
    history: [subscribe(), renew({ outcome: "failed" }), wait(1), settle(), wait(1), refund()],
    products: { PRO: "payment_refunded" },
  },
  "a past-due subscription says that its refunded payment was refunded": {
    history: [subscribe(), wait(1), refund(), renew({ outcome: "failed" })],
    daysLater: 4,
    products: { PRO: "payment_refunded" },
  },
  "a dispute that is won gives access back": {
    history: [subscribe(), wait(1), dispute(), wait(1), resolve("won")],
    products: { PRO: "allowed" },
  },
  "an inquiry changes nothing": {
    history: [subscribe(), wait(1), dispute({ status: "warning_needs_response" })],
    products: { PRO: "allowed" },
  },
  "an open dispute of a part denies": {
    history: [subscribe(), wait(1), dispute({ percent: 10 })],
    products: { PRO: "payment_disputed" },
  },
  "a refund that fails gives access back": {
    history: [
      subscribe(),
      wait(1),
      refund(100, { status: "pending" }),
      wait(1),
      { do: "finish_refund", refund: 0, status: "failed" },
    ],
    products: { PRO: "allowed" },
  },
  "collection that is paused changes nothing": {
    history: [subscribe(), wait(1), { do: "collection", on: 0, paused: true }],
    products: { PRO: "allowed" },
    flags: { PRO: ["collection_paused"] },
  },
};

const revoke: Action = { do: "operator", on: 0, type: "revoke" };

/** An operator's actions. */
export const operatorExamples: Record<string, Example> = {
  "a revocation is over when a later month is paid": {
    history: [subscribe(), wait(1), revoke, renew()],
    products: { PRO: "allowed" },
  },
  "a revocation is not over when a later month is free": {
    history: [subscribe(), wait(1), revoke, renew({ funding: "coupon" })],
    products: { PRO: "revoked" },
  },
  "a revocation is not over when the later month is refunded": {
    history: [subscribe(), wait(1), revoke, renew(), wait(1), refund()],
    products: { PRO: "revoked" },
  },
  "a revocation lasts when another seat is paid in the same period": {
    history: [subscribe(), wait(1), revoke, wait(1), changeQuantity(2)],
    products: { PRO: "revoked" },
  },
  "a revocation is over when the month after another seat is paid": {
    history: [subscribe(), wait(1), revoke, wait(1), changeQuantity(2), renew()],
    products: { PRO: "allowed" },
  },
  "a revocation lasts when the running period is paid late": {
    history: [subscribe(), renew({ outcome: "failed" }), wait(1), revoke, wait(1), settle()],
    products: { PRO: "revoked" },
  },
  "a revocation of a yearly plan is over when a month is paid": {
    history: [
      subscribe({ price: "price_pro_year" }),
      wait(1),
      revoke,
      wait(1),
      changePrice("price_pro"),
      renew(),
    ],
    products: { PRO: "allowed" },
  },
  "a revocation lasts on the way back from a plan that was paid in the same period": {
    history: [
      subscribe(),
      wait(1),
      revoke,
      wait(1),
      changePrice("price_team"),
      wait(1),
      changePrice("price_pro", { proration: "none" }),
    ],
    products: { PRO: "revoked", TEAM: "subscription_ended" },
  },
  "a revocation is over on the way back from another plan whose later month was paid": {
    history: [
      subscribe(),
      wait(1),
      revoke,
      wait(1),
      changePrice("price_team"),
      renew(),
      wait(1),
      changePrice("price_pro", { proration: "none" }),
    ],
    products: { PRO: "allowed", TEAM: "subscription_ended" },
  },
  "a revocation lasts when the later month of another item is paid": {
    history: [
      subscribe({ price: "price_pro_year", sold: false, addOns: ["price_addon"] }),
      wait(1),
      revoke,
      renew(),
    ],
    shape: "current",
    products: { PRO: "revoked", ADDON: "allowed" },
  },
  "a revocation is over when a later month of a subscription with more than ten items is paid": {
    history: [
      subscribe({ start: "trial", sold: false }),
      { do: "add_many_items", on: 0, count: 12 },
      changePrice("price_pro"),
      renew(),
      wait(1),
      revoke,
      renew(),
    ],
    products: { PRO: "allowed", ADDON: "allowed" },
  },
  "a revocation is over when a later month is paid that ends with the year of another item": {
    history: [
      subscribe({ sold: false }),
      wait(25),
      addItem("price_team_year"),
      ...Array.from({ length: 11 }, () => renew()),
      wait(1),
      revoke,
      renew(),
    ],
    shape: "current",
    products: { PRO: "allowed", TEAM: "allowed" },
  },
  "a revocation lasts when a period is paid that began before it and was reported after it": {
    history: [
      subscribe({ sold: false }),
      subscribe({ price: "price_team_year", sold: false }),
      renew(),
      { do: "operator", on: 1, type: "revoke" },
      renew({ on: 1 }),
    ],
    products: { PRO: "revoked", TEAM: "allowed" },
  },
  "a revocation lasts when an item is replaced by one with the running period of another item": {
    history: [
      subscribe({ start: "trial", price: "price_team_year", sold: false }),
      changeQuantity(0),
      addItem("price_pro"),
      renew(),
      revoke,
      wait(1),
      swap(["price_pro_year", "price_pro"]),
    ],
    shape: "current",
    products: { PRO: "revoked", TEAM: "subscription_ended" },
  },
  "a hold that an operator lifted stays lifted": {
    history: [subscribe(), wait(1), refund(), { do: "operator", on: 0, type: "lift_holds" }, wait(1)],
    products: { PRO: "allowed" },
  },
};
