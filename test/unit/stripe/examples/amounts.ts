import {
  buy,
  changePrice,
  changeQuantity,
  dispute,
  refund,
  renew,
  resolve,
  subscribe,
  wait,
} from "../model/steps.ts";
import type { Example } from "./example.ts";

/** How much has to be taken back. */
export const amountExamples: Record<string, Example> = {
  "the refund of one of two payments of an invoice changes nothing": {
    history: [subscribe(), renew({ payments: 2 }), wait(1), refund()],
    products: { PRO: "allowed" },
    flags: { PRO: ["partly_refunded"] },
  },
  "refunds of both payments of an invoice take its coverage away": {
    history: [subscribe(), renew({ payments: 2 }), wait(1), refund(), refund(100, { payment: 1 })],
    products: { PRO: "payment_refunded" },
  },
  "parts that add up to the whole take the coverage away": {
    history: [subscribe(), wait(1), refund(50), refund(10), refund()],
    products: { PRO: "payment_refunded" },
  },
  "a part that was refunded changes nothing": {
    history: [subscribe(), wait(1), refund(50)],
    products: { PRO: "allowed" },
    flags: { PRO: ["partly_refunded"] },
  },
  "a lost dispute of 96 percent takes the coverage away": {
    history: [subscribe(), wait(1), dispute({ percent: 96 }), wait(1), resolve("lost")],
    products: { PRO: "payment_refunded" },
  },
  "a lost dispute of 90 percent changes nothing": {
    history: [subscribe(), wait(1), dispute({ percent: 90 }), wait(1), resolve("lost")],
    products: { PRO: "allowed" },
    flags: { PRO: ["partly_lost"] },
  },
  "a refund of half and a lost dispute of half take the coverage away": {
    history: [subscribe(), wait(1), refund(50), dispute({ percent: 50, status: "lost" })],
    products: { PRO: "payment_refunded" },
  },
  "a refund of half and a lost dispute of nearly half take the coverage away": {
    history: [subscribe(), wait(1), refund(50), dispute({ percent: 46, status: "lost" })],
    products: { PRO: "payment_refunded" },
  },
  "a refund of 96 percent changes nothing": {
    history: [subscribe(), wait(1), refund(96)],
    products: { PRO: "allowed" },
    flags: { PRO: ["partly_refunded"] },
  },
  "a dispute above the payment that is born lost takes the coverage away": {
    history: [subscribe(), wait(1), dispute({ percent: 110, status: "lost" })],
    products: { PRO: "payment_refunded" },
  },
  "a refund in another currency is not compared": {
    history: [subscribe(), wait(1), refund(1_000, { currency: "jpy" })],
    products: { PRO: "allowed" },
    flags: { PRO: ["reversal_in_other_currency"] },
  },
  "a lost dispute in another currency is not compared": {
    history: [subscribe(), wait(1), dispute({ currency: "jpy", status: "lost" })],
    products: { PRO: "allowed" },
    flags: { PRO: ["reversal_in_other_currency"] },
  },
  "an open dispute in another currency denies": {
    history: [subscribe(), wait(1), dispute({ currency: "jpy" })],
    products: { PRO: "payment_disputed" },
    flags: { PRO: ["reversal_in_other_currency"] },
  },
  "a dispute of a part that is lost after the renewal is flagged": {
    history: [subscribe(), wait(1), dispute({ percent: 90 }), renew(), wait(1), resolve("lost")],
    products: { PRO: "allowed" },
    flags: { PRO: ["partly_lost"] },
  },
  "a part of last month that was refunded is flagged": {
    history: [subscribe(), renew(), wait(1), refund(50, { payment: 1 })],
    products: { PRO: "allowed" },
    flags: { PRO: ["partly_refunded"] },
  },
  "a refund of last month in another currency is flagged": {
    history: [subscribe(), renew(), wait(1), refund(500, { payment: 1, currency: "jpy" })],
    products: { PRO: "allowed" },
    flags: { PRO: ["reversal_in_other_currency"] },
  },
  "a part that was refunded after another seat was paid is flagged": {
    history: [subscribe(), wait(1), changeQuantity(2), wait(1), refund(50, { payment: 1 })],
    products: { PRO: "allowed" },
    flags: { PRO: ["partly_refunded"] },
  },
  // PRO is kept until the end of what was paid, because the change to TEAM is not.
  "a part that was refunded before a change of plan and back is no flag of the later period": {
    history: [
      subscribe(),
      wait(1),
      refund(50),
      renew(),
      wait(1),
      changePrice("price_team"),
      changePrice("price_pro"),
      renew(),
      wait(1),
      changePrice("price_team", { outcome: "failed" }),
    ],
    daysLater: 5,
    products: { PRO: "allowed", TEAM: "payment_past_due" },
    flags: { PRO: ["plan_change_unpaid"], TEAM: ["partly_refunded"] },
  },
};

/** One-time purchases. */
export const purchaseExamples: Record<string, Example> = {
  "a refund in another currency leaves a pack": {
    history: [buy("usage_pack"), wait(1), refund(500, { currency: "jpy" })],
    products: { CREDITS: "allowed" },
    flags: { CREDITS: ["reversal_in_other_currency"] },
  },
  "a refunded pack is refunded": {
    history: [buy("usage_pack"), wait(1), refund()],
    products: { CREDITS: "refunded" },
  },
  "a pack that lost 96 percent of its payment to a dispute is refunded": {
    history: [buy("usage_pack"), wait(1), dispute({ percent: 96 }), resolve("lost")],
    products: { CREDITS: "refunded" },
  },
  "a pack that lost 90 percent of its payment to a dispute stays": {
    history: [buy("usage_pack"), wait(1), dispute({ percent: 90 }), resolve("lost")],
    products: { CREDITS: "allowed" },
    flags: { CREDITS: ["partly_lost"] },
  },
  "a pass by bank debit begins when the money came": {
    history: [buy("time_pass", "debit"), wait(3), { do: "clear_debit", purchase: 0, succeeds: true }],
    daysLater: 4,
    products: { PASS: "allowed" },
  },
  "a pass by bank debit that fails is no entitlement": {
    history: [buy("time_pass", "debit"), wait(3), { do: "clear_debit", purchase: 0, succeeds: false }],
    products: {},
  },
  "a second pass moves forward when the first is refunded": {
    history: [buy("time_pass"), wait(1), buy("time_pass"), refund(100, { payment: 1 })],
    daysLater: 4.5,
    products: { PASS: "allowed" },
  },
};
