import {
  addItem,
  changePrice,
  changeQuantity,
  flipPrice,
  removeItem,
  subscribe,
  wait,
} from "../model/steps.ts";
import type { Example } from "./example.ts";

/** What the items of a subscription grant. */
export const itemExamples: Record<string, Example> = {
  "an added item without a product does not keep the product whose price was replaced": {
    history: [subscribe(), addItem("price_unknown"), wait(1), changePrice("price_team", { item: 1 })],
    products: { PRO: "subscription_ended", TEAM: "allowed" },
  },
  "a product ends when its item is removed and an item without a product stays": {
    history: [subscribe(), addItem("price_unknown"), wait(1), removeItem(1)],
    products: { PRO: "subscription_ended" },
  },
  "an unknown price keeps the product that its item billed before": {
    history: [subscribe(), wait(1), changePrice("price_unknown")],
    products: { PRO: "allowed" },
    flags: { PRO: ["unknown_price"] },
  },
  "an unknown price keeps the latest product of its item and not the first": {
    history: [subscribe(), changePrice("price_team"), wait(1), changePrice("price_unknown")],
    products: { PRO: "subscription_ended", TEAM: "allowed" },
    flags: { TEAM: ["unknown_price"] },
  },
  "a new item with an unknown price grants nothing": {
    history: [subscribe({ sold: false, price: "price_unknown" })],
    products: {},
  },
  "the item that the checkout sold keeps the sold product at an unknown price": {
    history: [subscribe({ price: "price_unknown" })],
    products: { PRO: "allowed" },
    flags: { PRO: ["unknown_price"] },
  },
  "an item with quantity 0 grants nothing": {
    history: [subscribe(), addItem("price_team"), wait(1), changeQuantity(0, { item: 1 })],
    products: { PRO: "subscription_ended", TEAM: "allowed" },
  },
  "a quantity that was never above 0 is no entitlement": {
    history: [subscribe({ quantity: 0, sold: false })],
    products: {},
  },
  "a price that changes and returns within one second leaves what was there": {
    history: [subscribe(), wait(1), flipPrice(1)],
    products: { PRO: "allowed", TEAM: "subscription_ended" },
  },
  "several prices of one product are one product": {
    history: [subscribe({ price: "price_pro_former" }), wait(1), changePrice("price_pro")],
    products: { PRO: "allowed" },
  },
};
