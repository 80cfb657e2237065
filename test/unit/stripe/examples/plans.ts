import {
  addItem,
  changePrice,
  changeQuantity,
  dispute,
  flipPrice,
  refund,
  removeItem,
  renew,
  requestPrice,
  settle,
  subscribe,
  swap,
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
  "an unpaid upgrade that is reverted keeps the plan that was paid": {
    history: [
      subscribe(),
      wait(10),
      changePrice("price_team", { outcome: "failed" }),
      wait(1),
      changePrice("price_pro", { proration: "none" }),
      wait(5),
    ],
    products: { PRO: "allowed", TEAM: "subscription_ended" },
    flags: { PRO: ["plan_change_unpaid"] },
  },
  "unpaid seats that are taken back keep the seat that was paid": {
    history: [
      subscribe(),
      wait(10),
      changeQuantity(5, { outcome: "failed" }),
      wait(1),
      changeQuantity(1, { proration: "none" }),
      wait(5),
    ],
    products: { PRO: "allowed" },
    flags: { PRO: ["plan_change_unpaid"] },
  },
  "an add-on that is not paid leaves the plan that was paid": {
    history: [subscribe(), wait(10), addItem("price_addon", { outcome: "failed" }), wait(5)],
    products: { ADDON: "payment_past_due", PRO: "allowed" },
    flags: { PRO: ["plan_change_unpaid"] },
  },
  "a plan with an unpaid add-on is past due after its own period": {
    history: [subscribe(), wait(10), addItem("price_addon", { outcome: "failed" })],
    daysLater: 21,
    products: { ADDON: "payment_past_due", PRO: "payment_past_due" },
    flags: { PRO: ["plan_change_unpaid"] },
  },
  "an unpaid swap of the item keeps the plan that was paid": {
    history: [subscribe(), wait(10), swap(["price_team"], { outcome: "failed" }), wait(5)],
    products: { PRO: "allowed", TEAM: "payment_past_due" },
    flags: { PRO: ["plan_change_unpaid"] },
  },
  "a swap of the item that is paid late ends the former plan": {
    history: [subscribe(), wait(10), swap(["price_team"], { outcome: "failed" }), wait(1), settle()],
    products: { PRO: "subscription_ended", TEAM: "allowed" },
  },
  "a swap that was paid is past due when its renewal fails, and the former plan stays ended": {
    history: [
      subscribe({ price: "price_pro" }),
      wait(10),
      swap(["price_team"], { outcome: "failed" }),
      wait(1),
      settle(),
      renew({ outcome: "failed" }),
    ],
    daysLater: 4,
    products: { PRO: "subscription_ended", TEAM: "payment_past_due" },
  },
  "an unpaid swap of two items at once keeps both that were paid": {
    history: [
      subscribe({ sold: false, addOns: ["price_addon"] }),
      wait(10),
      swap(["price_team", "price_team"], { outcome: "failed" }),
      wait(5),
    ],
    products: { ADDON: "allowed", PRO: "allowed", TEAM: "payment_past_due" },
    flags: { ADDON: ["plan_change_unpaid"], PRO: ["plan_change_unpaid"] },
  },
  "an item that was removed stays removed when another change is not paid": {
    history: [
      subscribe({ sold: false, addOns: ["price_addon"] }),
      wait(5),
      removeItem(0),
      wait(5),
      changePrice("price_team", { outcome: "failed" }),
      wait(5),
    ],
    products: { ADDON: "subscription_ended", PRO: "allowed", TEAM: "payment_past_due" },
    flags: { PRO: ["plan_change_unpaid"] },
  },
  "an upgrade whose invoice is voided or uncollectible follows the status that Stripe gives": {
    history: [
      subscribe(),
      wait(10),
      changePrice("price_team", { outcome: "failed" }),
      wait(1),
      { do: "void", on: 0 },
    ],
    products: { PRO: "subscription_ended", TEAM: "allowed" },
  },
  "a pending update that is not paid changes nothing": {
    history: [subscribe(), wait(10), requestPrice("price_team", { outcome: "failed" })],
    products: { PRO: "allowed" },
  },
  "a pending update that is paid changes the plan": {
    history: [subscribe(), wait(10), requestPrice("price_team")],
    products: { PRO: "subscription_ended", TEAM: "allowed" },
  },
  "a yearly plan stays usable when the renewal of a monthly add-on fails": {
    shape: "current",
    history: [
      subscribe({ price: "price_team_year", sold: false }),
      addItem("price_addon"),
      renew({ outcome: "failed" }),
    ],
    daysLater: 4,
    products: { ADDON: "payment_past_due", TEAM: "allowed" },
    flags: { TEAM: ["plan_change_unpaid"] },
  },
  "of two plans that were paid in one second the last plan of that second counts": {
    history: [subscribe(), requestPrice("price_addon"), changePrice("price_pro", { outcome: "failed" })],
    daysLater: 10,
    products: { ADDON: "subscription_ended", PRO: "allowed" },
    flags: { PRO: ["plan_change_unpaid"] },
  },
  "a plan that was changed within the second of the sale stays when the later way back is not paid": {
    history: [
      subscribe({ price: "price_team", sold: false }),
      changePrice("price_pro"),
      wait(10),
      changePrice("price_team", { outcome: "failed" }),
    ],
    daysLater: 10,
    products: { PRO: "allowed", TEAM: "payment_past_due" },
    flags: { PRO: ["plan_change_unpaid"] },
  },
  "an item that was taken away and returned within one second keeps what was paid for it": {
    history: [
      subscribe(),
      changeQuantity(0, { proration: "none" }),
      changeQuantity(1, { proration: "none" }),
      addItem("price_addon", { outcome: "failed" }),
    ],
    daysLater: 10,
    products: { ADDON: "payment_past_due", PRO: "allowed" },
    flags: { PRO: ["plan_change_unpaid"] },
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
