import {
  addItem,
  changePrice,
  changeQuantity,
  dispute,
  flipPrice,
  refund,
  removeItem,
  renew,
  settle,
  subscribe,
  wait,
} from "../model/steps.ts";
import type { Example } from "./example.ts";

/** Changes of the plan, and what their payments cover. */
export const planExamples: Record<string, Example> = {
  "the refund of a former yearly plan does not deny the monthly plan that is paid": {
    history: [
      subscribe({ price: "price_team_year", sold: false }),
      wait(5),
      changePrice("price_pro", { proration: "none" }),
      wait(1),
      refund(),
      renew(),
    ],
    products: { PRO: "allowed", TEAM: "subscription_ended" },
  },
  "a dispute of the monthly payment denies although a former yearly plan was paid": {
    history: [
      subscribe({ price: "price_team_year", sold: false }),
      wait(5),
      changePrice("price_pro", { proration: "none" }),
      renew(),
      wait(1),
      dispute(),
    ],
    products: { PRO: "payment_disputed", TEAM: "subscription_ended" },
  },
  "a credit line that reaches far does not keep a disputed month": {
    shape: "current",
    history: [
      subscribe(),
      addItem("price_team_year"),
      removeItem(0, { proration: "now" }),
      dispute({ payment: 1 }),
    ],
    products: { PRO: "payment_disputed", TEAM: "subscription_ended" },
  },
  "a one-off line that reaches far does not keep a refunded month": {
    history: [subscribe(), renew(), wait(1), refund(), renew({ oneOff: true }), refund()],
    products: { PRO: "payment_refunded" },
  },
  "a renewal whose line is the eleventh of its invoice ends a hold": {
    history: [subscribe(), dispute(), wait(1), flipPrice(3), renew()],
    products: { PRO: "allowed", TEAM: "subscription_ended" },
  },
  "the refund of an upgrade takes the upgrade away": {
    history: [subscribe(), wait(10), changePrice("price_team"), wait(1), refund()],
    products: { PRO: "subscription_ended", TEAM: "payment_refunded" },
  },
  "the refund of the former plan leaves the upgrade that was paid": {
    history: [subscribe(), wait(10), changePrice("price_team"), wait(1), refund(100, { payment: 1 })],
    products: { PRO: "subscription_ended", TEAM: "allowed" },
  },
  "an upgrade that was not invoiced yet depends on the payment of its item": {
    history: [subscribe(), wait(10), changePrice("price_team", { proration: "pending" }), wait(1), refund()],
    products: { PRO: "subscription_ended", TEAM: "payment_refunded" },
  },
  "an upgrade whose payment fails keeps the former plan until its period ends": {
    history: [subscribe(), wait(10), changePrice("price_team", { outcome: "failed" }), wait(10)],
    products: { PRO: "allowed", TEAM: "payment_past_due" },
    flags: { PRO: ["plan_change_unpaid"] },
  },
  "an upgrade whose payment fails is past due after the former plan's period": {
    history: [subscribe(), wait(10), changePrice("price_team", { outcome: "failed" })],
    daysLater: 20,
    products: { PRO: "payment_past_due", TEAM: "payment_past_due" },
    flags: { PRO: ["plan_change_unpaid"] },
  },
  "an upgrade whose payment fails keeps nothing of a former plan that was refunded": {
    history: [subscribe(), wait(10), changePrice("price_team", { outcome: "failed" }), wait(5), refund()],
    products: { PRO: "subscription_ended", TEAM: "payment_refunded" },
  },
  "more seats whose payment fails keep the product for the seats that were paid": {
    history: [subscribe(), wait(10), changeQuantity(5, { outcome: "failed" }), wait(10)],
    products: { PRO: "allowed" },
    flags: { PRO: ["plan_change_unpaid"] },
  },
  "an upgrade that is paid late ends the former plan": {
    history: [subscribe(), wait(10), changePrice("price_team", { outcome: "failed" }), wait(1), settle()],
    products: { PRO: "subscription_ended", TEAM: "allowed" },
  },
  "the refund of an add-on leaves the plan": {
    history: [subscribe(), wait(3), addItem("price_addon"), wait(1), refund()],
    products: { ADDON: "payment_refunded", PRO: "allowed" },
  },
  "the refund of an invoice denies every product that it paid for": {
    history: [subscribe({ sold: false, addOns: ["price_addon"] }), wait(1), refund()],
    products: { ADDON: "payment_refunded", PRO: "payment_refunded" },
  },
};
